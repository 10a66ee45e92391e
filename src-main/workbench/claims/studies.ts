import { shortText } from '../../base/shortened.ts';
import { canonicalJson } from '../../base/canonical.ts';
import { remembered } from '../../base/remembered.ts';
import { nearest } from '../../base/nearest.ts';
import { alternativesOf, claimId, sidesOf, type ClaimsFile } from '../../metrics/claims/file.ts';
import { LEAST_SHARED_SEEDS } from '../../metrics/claims/rule.ts';
import { WorkbenchError, type Output, type StudyRequest } from '../contract/contract.ts';

/** One claim as far as a study is made for it. */
interface Claimed {
  readonly id: string;
  readonly suite: string;
  readonly methods: StudyRequest['methods'];
  readonly seeds: number;
  /** Whether anything that runs here can judge it. */
  readonly isComparable: boolean;
}

/**
 * The studies that judge what `name` names: one for a claim, one a suite for a whole source. A study has as many seeds
 * as were published or as the reference runs have (`shippedSeeds`, by the claim's id), at least five. Throws where
 * nothing is meant, or nothing can be judged.
 */
export function studiesThatJudge(
  files: readonly ClaimsFile[],
  name: string,
  shippedSeeds: ReadonlyMap<string, number>,
): Output<'claims.studies'> {
  const source = files.find(({ id }) => id === name);
  const all = (source === undefined ? files : [source]).flatMap((file) => claimedIn(file, shippedSeeds));
  const meant = source === undefined ? all.filter(({ id }) => id === name) : all;
  if (meant.length === 0) {
    const known = [...files.map(({ id }) => id), ...all.map(({ id }) => id)];
    throw refusal(
      'not-found',
      `There is no claim "${name}".${nearest(name, known)}`,
      '`touchstone claims` lists them.',
    );
  }
  const comparable = meant.filter(({ isComparable }) => isComparable);
  if (comparable.length === 0)
    throw refusal(
      'refused',
      `No study can judge ${name}: it was published on another protocol, and the two cannot be compared.`,
      'Its note names the fields that differ.',
    );
  const bySuite = new Map<string, Claimed[]>();
  for (const one of comparable) remembered(bySuite, one.suite, () => []).push(one);
  return {
    claims: comparable.map(({ id }) => id),
    studies: [...bySuite].map(([suite, claims]) => ({
      name: shortText(`Judges ${name}${bySuite.size === 1 ? '' : ` on ${suite}`}`, 120),
      suites: [suite],
      methods: distinct(claims.flatMap(({ methods }) => methods)),
      seeds: Array.from({ length: Math.max(...claims.map(({ seeds }) => seeds)) }, (_, seed) => seed),
      backend: 'auto',
      references: false,
    })),
  };
}

function claimedIn(file: ClaimsFile, shippedSeeds: ReadonlyMap<string, number>): Claimed[] {
  return sidesOf(file).map(({ claim, sides }) => {
    const id = claimId(file, claim);
    return {
      id,
      suite: claim.suite,
      methods: sides.flatMap((side) =>
        alternativesOf(side).map((hyperParameters) => ({ method: side.method, hyperParameters })),
      ),
      seeds: Math.max(LEAST_SHARED_SEEDS, 'n' in claim ? (claim.n ?? 0) : 0, shippedSeeds.get(id) ?? 0),
      isComparable: claim.differences.length === 0,
    };
  });
}

function distinct(methods: StudyRequest['methods']): StudyRequest['methods'] {
  return [...new Map(methods.map((one) => [canonicalJson(one), one])).values()];
}

function refusal(kind: 'not-found' | 'refused', message: string, remedy: string): WorkbenchError {
  return new WorkbenchError({ kind, message, remedy, details: null });
}
