import { WorkbenchError, workbenchFailure } from '../../src-main/workbench/contract/contract.ts';
import type { WorkbenchFailure } from '../../src-main/workbench/contract/contract.ts';
import { windowWords } from './window-words.ts';

/** A failure made on this side of the wire. */
export function failure(
  kind: WorkbenchFailure['kind'],
  message: string,
  remedy: string | null = null,
  details: string | null = null,
): WorkbenchFailure {
  return { kind, message, remedy, details };
}

/** Whatever was thrown, as the value that screens show. Bugs keep their stack as details. */
export function failureOf(thrown: unknown): WorkbenchFailure {
  if (thrown instanceof WorkbenchError) {
    const { message, remedy } = thrown.failure;
    return {
      ...thrown.failure,
      message: windowWords(message),
      remedy: remedy === null ? null : windowWords(remedy),
    };
  }
  if (thrown instanceof Error)
    return failure(
      'internal',
      thrown.message,
      'Try again. If it happens again, copy the details and report them.',
      thrown.stack ?? null,
    );
  return failure('internal', 'Something failed without saying why.', 'Try again.', String(thrown));
}

/** A failure that came over a wire, checked. */
export function parseFailure(value: unknown): WorkbenchFailure {
  const parsed = workbenchFailure.safeParse(value);
  return parsed.success
    ? parsed.data
    : failure(
        'internal',
        'The Workbench answered with an error that cannot be read.',
        'Restart Touchstone.',
        JSON.stringify(value) ?? null,
      );
}
