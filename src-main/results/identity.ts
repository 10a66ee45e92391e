import { canonicalJson, sha256 } from '../base/canonical.ts';

/** Exactly what a result depends on: a trial's id is the SHA-256 of this, so a result never answers for anything else. */
export interface TrialIdentity {
  readonly suite: string;
  readonly suiteVersion: number;
  readonly protocolHash: string;
  /** SHA-256 of each of the suite's datasets, in the suite's order. */
  readonly data: readonly string[];
  readonly method: string;
  readonly methodVersion: number;
  /** Resolved: every field of the schema present. */
  readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
  readonly seed: number;
  readonly backend: string;
  /** `Engine.numerics`: changes whenever the same trial may give other numbers. */
  readonly numerics: string;
}

/** The content address of a trial: 64 hexadecimal digits. */
export function trialId(identity: TrialIdentity): string {
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
    }),
  );
}

/** Identity of a leaderboard row: the method and the hash of its resolved hyper-parameters. */
export function configurationKey(method: string, hyperParameters: TrialIdentity['hyperParameters']): string {
  return `${method}@${sha256(canonicalJson(hyperParameters)).slice(0, 12)}`;
}

/** What of a suite its protocol hash covers. */
export interface ProtocolFacts {
  readonly id: string;
  readonly version: number;
  readonly facts: unknown;
  readonly datasets: readonly string[];
  readonly network: unknown;
  readonly budget: unknown;
  readonly protocol: unknown;
}

/** SHA-256 over everything that defines a suite's protocol (not its title, summary or metrics). */
export function protocolHash({ id, version, facts, datasets, network, budget, protocol }: ProtocolFacts): string {
  return sha256(canonicalJson({ id, version, facts, datasets, network, budget, protocol }));
}
