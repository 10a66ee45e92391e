/** Thrown in a sentence: a checkpoint of a person's cannot be read, merged or written, and what to do about it. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly remedy: string | null;

  constructor(message: string, remedy: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}
