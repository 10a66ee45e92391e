import { canonicalJson, sha256 } from '../base/canonical.ts';
import type { TrialIdentity } from './identity.ts';

/**
 * Ids and sources as programs of database schema 5 and report format 2 had them: for upgrading databases and reading
 * old reports.
 */

export type FormerIdentity = Omit<TrialIdentity, 'driver' | 'fold' | 'artefacts'>;

export function formerTrialId({ sourceHash, ...identity }: FormerIdentity): string {
  const { suite, suiteVersion, protocolHash, data, method, methodVersion, hyperParameters, seed, backend, numerics } =
    identity;
  return sha256(
    canonicalJson({
      suite,
      suiteVersion,
      protocolHash,
      data,
      method,
      methodVersion,
      hyperParameters,
      seed,
      backend,
      numerics,
      sourceHash: sourceHash ?? undefined,
    }),
  );
}

/**
 * What the source of a trial was: of its own method, and of those whose artefacts it used. Now their ids say the
 * latter.
 */
export function formerSourceOf(method: string | undefined, artefacts: readonly (string | null)[]): string | null {
  const used = [...new Set(artefacts.filter((source) => source !== null))].sort();
  if (used.length === 0) return method ?? null;
  return sha256(canonicalJson({ method: method ?? null, artefacts: used }));
}
