import { placeText } from '../../base/places.ts';
import { canonicalJson } from '../../base/canonical.ts';
import { remembered } from '../../base/remembered.ts';
import type { MeasuredConfiguration } from '../../metrics/claims/choose.ts';
import { sidesOf, type ClaimsFile } from '../../metrics/claims/file.ts';
import { judgeClaims, type JudgedClaim } from '../../metrics/claims/judge.ts';
import { isJudged } from '../../metrics/claims/verdicts.ts';
import type { ClaimStanding } from '../../metrics/records.ts';
import type { ListedClaim, Output } from '../contract/contract.ts';
import { studiesThatJudge } from './studies.ts';

/** Every published claim, and what is measured for it. */
export class ClaimsBook {
  readonly #files: readonly ClaimsFile[];
  readonly #scenarioOf: (suite: string) => string;
  /** What some claim is about: suite → method → metrics. */
  readonly #about = new Map<string, Map<string, Set<string>>>();

  /** `scenarioOf` names a suite's scenario; an unknown suite answers its own id. */
  constructor(files: readonly ClaimsFile[], scenarioOf: (suite: string) => string) {
    this.#files = files;
    this.#scenarioOf = scenarioOf;
    for (const { claim, sides } of files.flatMap(sidesOf))
      for (const { method } of sides) this.#note(claim.suite, method, claim.metric);
  }

  /** The suites that some claim is about. */
  get suites(): readonly string[] {
    return [...this.#about.keys()];
  }

  /** The metrics that some claim about the method on the suite is about. */
  metricsOf(suite: string, method: string): ReadonlySet<string> {
    return this.#about.get(suite)?.get(method) ?? new Set();
  }

  /** Every claim, judged by what was measured. */
  judge(measured: readonly MeasuredConfiguration[]): JudgedClaim[] {
    return this.#files.flatMap((file) => judgeClaims(file, measured, this.#scenarioOf));
  }

  /**
   * Every claim with its two verdicts: by this machine's results, and by the reference runs that come with the program.
   */
  list(here: readonly MeasuredConfiguration[], shipped: readonly MeasuredConfiguration[]): ListedClaim[] {
    const references = this.judge(shipped);
    return this.judge(here).map((own, i) => {
      const reference = references[i] ?? own;
      const leading = rank(reference) > rank(own) ? reference : own;
      return { ...withoutKey(leading), here: standingOf(own), shipped: standingOf(reference) };
    });
  }

  /** The studies that judge a claim, or all claims of a source. */
  studies(name: string, shipped: readonly MeasuredConfiguration[]): Output<'claims.studies'> {
    const seeds = new Map(this.judge(ofAllVersions(shipped)).map(({ id, measured }) => [id, measured?.n ?? 0]));
    return studiesThatJudge(this.#files, name, seeds);
  }

  #note(suite: string, method: string, metric: string): void {
    const methods = remembered(this.#about, suite, () => new Map<string, Set<string>>());
    remembered(methods, method, () => new Set<string>()).add(metric);
  }
}

/**
 * Configurations with the seeds of every version of the code together: which seeds there are, not what they measured.
 */
function ofAllVersions(measured: readonly MeasuredConfiguration[]): MeasuredConfiguration[] {
  const together = new Map<string, MeasuredConfiguration>();
  for (const one of measured) {
    const key = canonicalJson([one.suite, one.method, one.hyperParameters]);
    const known = together.get(key);
    const metrics = [...new Set([...Object.keys(known?.values ?? {}), ...Object.keys(one.values)])];
    const values = metrics.map((metric) => {
      const all = [...(known?.values[metric] ?? []), ...(one.values[metric] ?? [])];
      return [metric, [...new Map(all.map((value) => [placeText(value), value])).values()]] as const;
    });
    together.set(key, { ...one, values: Object.fromEntries(values) });
  }
  return [...together.values()];
}

/** A verdict that says yes or no goes before one that older code was measured for, and this before none. */
function rank({ verdict }: ClaimStanding): number {
  return isJudged(verdict) ? 2 : verdict === 'outdated' ? 1 : 0;
}

function standingOf({ measured, verdict, note }: JudgedClaim): ClaimStanding {
  return { measured, verdict, note };
}

/** A claim as it is shown: without the key of the row that it was judged by. */
export function withoutKey({ methodKey: _methodKey, ...record }: JudgedClaim): Omit<JudgedClaim, 'methodKey'> {
  return record;
}
