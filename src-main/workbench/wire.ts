import { inputSentences } from '../base/input-words.ts';
import { shortText } from '../base/shortened.ts';
import { z } from 'zod';
import { StorageError } from '../results/errors.ts';
import { DatasetError } from '../datasets/types.ts';
import { EngineError } from '../engine/types.ts';
import { HyperParameterError } from '../methods/hyper-parameters.ts';
import { UnknownMethodError } from '../methods/registry.ts';
import { UnknownSuiteError } from '../suites/registry.ts';
import { contract, WorkbenchError, wireRequest } from './contract/contract.ts';
import type { Operation, WireMessage, WorkbenchClient, WorkbenchFailure } from './contract/contract.ts';

export const isOperation = (name: string): name is Operation => Object.hasOwn(contract, name);

const OF_STORAGE = {
  locked: 'conflict',
  lost: 'conflict',
  'read-only': 'storage',
  corrupt: 'storage',
  full: 'storage',
  newer: 'storage',
  unreadable: 'storage',
} as const;

/** Whatever was thrown, as the error that crosses process borders. */
export function asWorkbenchError(error: unknown): WorkbenchError {
  if (error instanceof WorkbenchError) return error;
  const details = error instanceof Error ? (error.stack ?? null) : null;
  const failure = (kind: WorkbenchFailure['kind'], remedy: string | null): WorkbenchError =>
    new WorkbenchError({ kind, message: error instanceof Error ? error.message : String(error), remedy, details });
  if (error instanceof StorageError) return failure(OF_STORAGE[error.problem], error.remedy);
  // What is wrong with data is no fault of the program either: the sentence says where and what to do.
  if (error instanceof DatasetError)
    return new WorkbenchError({
      kind: error.of === 'data' ? 'data' : 'invalid-input',
      message: error.message,
      remedy: null,
      details: null,
    });
  if (error instanceof EngineError) return failure('engine', 'Run `touchstone doctor` to see what is missing.');
  if (error instanceof UnknownMethodError) return failure('not-found', '`touchstone methods` lists them.');
  if (error instanceof UnknownSuiteError) return failure('not-found', '`touchstone suites` lists them.');
  // What a person typed is no fault of the program: the sentence says it all.
  if (error instanceof HyperParameterError)
    return new WorkbenchError({ kind: 'invalid-input', message: error.message, remedy: null, details: null });
  if (error instanceof z.ZodError)
    return new WorkbenchError({
      kind: 'internal',
      message: `A value inside Touchstone is not of its form: ${z.prettifyError(error)}`,
      remedy: 'Report this with the details.',
      details,
    });
  return failure('internal', 'Try again; if it comes back, report it with the details.');
}

/** Answers one request envelope; null when it holds not even an id. */
export async function answerRequest(client: WorkbenchClient, raw: unknown): Promise<WireMessage | null> {
  const request = wireRequest.safeParse(raw);
  if (!request.success) return null;
  const { id, operation, input } = request.data;
  try {
    if (!isOperation(operation)) {
      throw new WorkbenchError({
        kind: 'invalid-input',
        message: `There is no operation "${shortText(operation, 100)}".`,
        remedy: 'The two programs may be of different versions: restart both.',
        details: null,
      });
    }
    const parsed = contract[operation].input.safeParse(input ?? {});
    if (!parsed.success) throw invalidInput(operation, parsed.error);
    return { kind: 'reply', id, output: await client.call(operation, parsed.data) };
  } catch (error) {
    return { kind: 'error', id, failure: asWorkbenchError(error).failure };
  }
}

export function invalidInput(operation: string, error: z.ZodError): WorkbenchError {
  return new WorkbenchError({
    kind: 'invalid-input',
    message: inputSentences(error),
    remedy: null,
    details: `The input of ${operation} is not valid.`,
  });
}
