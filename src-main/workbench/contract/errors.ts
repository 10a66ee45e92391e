import { z } from 'zod';

/** Errors are values that cross process borders intact. */
export const ERROR_KINDS = [
  'invalid-input',
  'not-found',
  'refused',
  'conflict',
  'data',
  'storage',
  'engine',
  'unavailable',
  'cancelled',
  'internal',
] as const;
export const workbenchFailure = z.object({
  kind: z.enum(ERROR_KINDS),
  message: z.string(),
  remedy: z.string().nullable(),
  details: z.string().nullable(),
});
export type WorkbenchFailure = z.infer<typeof workbenchFailure>;

export class WorkbenchError extends Error {
  override readonly name = 'WorkbenchError';
  readonly failure: WorkbenchFailure;
  constructor(failure: WorkbenchFailure) {
    super(failure.message);
    this.failure = failure;
  }
}
