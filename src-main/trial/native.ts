import type { NativeLibrary } from '../engine/native/library.ts';

/**
 * What a pause of a native learner loses, in a sentence; null for other methods. It keeps its work in its own memory,
 * has no checkpoints, and starts again.
 */
export function lostByPause(
  native: NativeLibrary | undefined,
  { done, total }: { readonly done: number; readonly total: number },
): string | null {
  if (native === undefined) return null;
  return (
    `${native.title} keeps its work in memory only: ${done} of ${total} iterations are lost, and the trial starts ` +
    'again when it goes on, to the same result.'
  );
}
