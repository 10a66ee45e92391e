import { presentProgramPart, programPart } from '../../engine/numerics.ts';

/** By which code a result was measured; null where it was not kept. */
export interface CodeVersions {
  readonly suiteVersion: number | null;
  readonly methodVersion: number | null;
  /** Of what ran the method. */
  readonly driver: number;
  readonly numerics: string;
}

/** The versions of today; undefined where this program does not know the suite or the method. */
export interface PresentVersions {
  readonly suite: number | undefined;
  readonly method: number | undefined;
  readonly driver: number | undefined;
}

/**
 * In what a result was measured by other code than this program's, in words; empty where it was the same. Only the
 * program's part of the numerics counts: another machine's kernels make no result old.
 */
export function olderThanNow(measured: CodeVersions, present: PresentVersions): string[] {
  const part = programPart(measured.numerics);
  const now = presentProgramPart(measured.numerics);
  return [
    ...differing('suite version', measured.suiteVersion, present.suite),
    ...differing('method version', measured.methodVersion, present.method),
    ...differing('driver version', measured.driver, present.driver),
    ...(part === now ? [] : [`numerics ${part}, now ${now}`]),
  ];
}

function differing(what: string, was: number | null, now: number | undefined): string[] {
  if (was === now) return [];
  return [`${what} ${was ?? 'not recorded'}, now ${now ?? 'not there'}`];
}
