import { z } from 'zod';
import { inputSentences } from '../base/input-words.ts';
import { contract, WorkbenchError } from '../workbench/contract/contract.ts';
import type { Operation, WorkbenchFailure } from '../workbench/contract/contract.ts';
import type { CallResult } from './api.ts';
import { validSender } from './policies.ts';

/** Who sent a message: the frame's address, and whether it is the window's top frame. */
export interface Sender {
  readonly frameUrl: string | undefined;
  readonly isTop: boolean;
}

/** What the relay needs of the Workbench process. */
export interface RelayTarget {
  request(operation: Operation, input: unknown): Promise<unknown>;
}

const isOperation = (name: string): name is Operation => Object.hasOwn(contract, name);

/**
 * The Workbench's own failures as they are; anything else is an error of the shell. (workbench/wire.ts knows more
 * kinds, and needs Node 24.)
 */
function asFailure(error: unknown): WorkbenchFailure {
  if (error instanceof WorkbenchError) return error.failure;
  const details = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    kind: 'internal',
    message: 'Touchstone ran into an error of its own.',
    remedy: 'Try again; if it comes back, report it with the details.',
    details,
  };
}

/** A name longer than this is no operation. */
const callArguments = z.tuple([z.string().max(100), z.unknown()]);

/**
 * Answers one call of the page: sender checked, every argument parsed by the contract, whatever happens returned as a
 * value (a thrown error would lose its kind on the way through Electron).
 */
export async function relayCall(target: RelayTarget, sender: Sender, args: readonly unknown[]): Promise<CallResult> {
  const fail = (failure: WorkbenchFailure): CallResult => ({ ok: false, failure });
  if (!validSender(sender.frameUrl, sender.isTop)) {
    return fail({ kind: 'refused', message: 'This page may not use Touchstone.', remedy: null, details: null });
  }
  const parsedArguments = callArguments.safeParse(args.length === 1 ? [args[0], {}] : args);
  if (!parsedArguments.success || !isOperation(parsedArguments.data[0])) {
    return fail({
      kind: 'invalid-input',
      message: 'There is no such operation.',
      remedy: 'Restart Touchstone; if it comes back, install it again.',
      details: null,
    });
  }
  const [operation, input] = [parsedArguments.data[0], parsedArguments.data[1]];
  const parsed = contract[operation].input.safeParse(input ?? {});
  if (!parsed.success) {
    return fail({
      kind: 'invalid-input',
      message: `The input of ${operation} is not valid: ${inputSentences(parsed.error)}`,
      remedy: 'Correct the named fields.',
      details: null,
    });
  }
  try {
    return { ok: true, output: await target.request(operation, parsed.data) };
  } catch (error) {
    return fail(asFailure(error));
  }
}
