import { countInWords } from '../base/places.ts';
import { shortened } from '../base/shortened.ts';
import { hasLost, lostText } from '../metrics/board/lost.ts';
import { formatEstimate } from '../metrics/format.ts';
import type { Verdict } from '../metrics/claims/verdicts.ts';
import type { Leaderboard } from '../metrics/records.ts';
import { MINIMUM_PAIRS_ACROSS_FOLDS, MINIMUM_SEEDS_FOR_TEST } from '../metrics/statistics/estimates.ts';
import { type ReportInput } from './input.ts';
import { metricFacts } from './words.ts';

/**
 * The findings in sentences: one paragraph per suite on its first metric, then the claims. Says what is not known as
 * plainly as what is.
 */
export function summarise(input: Pick<ReportInput, 'leaderboard' | 'suites' | 'claims'>): string[] {
  const seen = new Set<string>();
  const paragraphs = input.leaderboard.columns.flatMap(({ suite }, index) => {
    if (seen.has(suite)) return [];
    seen.add(suite);
    return [suiteSentence(input.leaderboard, index, input.suites.find(({ id }) => id === suite)?.title ?? suite)];
  });
  const claims = claimsSentence(input.claims);
  return claims === null ? paragraphs : [...paragraphs, claims];
}

function suiteSentence(leaderboard: Leaderboard<unknown>, index: number, title: string): string {
  const facts = metricFacts(leaderboard.columns[index]?.metric ?? '');
  const unit = facts.unit === 'share' ? ' %' : facts.unit === 'nats' ? ' nats' : '';
  const cells = leaderboard.rows.flatMap((row) => {
    const cell = row.cells[index];
    return cell?.estimate ? [{ name: row.name, row, cell, estimate: cell.estimate }] : [];
  });
  const show = ({ estimate }: (typeof cells)[number]): string => `${formatEstimate(estimate, facts.unit)}${unit}`;
  if (cells.length === 0) return `${title}: nothing has finished yet.`;
  const best = cells.filter(({ cell }) => cell.best);
  const sentences: string[] = [];
  const [first] = best;
  if (first === undefined)
    sentences.push(`${title}: ${facts.title} was measured for ${list(cells.map(({ name }) => name))}.`);
  else {
    const n =
      first.estimate.n === 1
        ? 'one seed'
        : `mean of ${countInWords(first.estimate)}${first.estimate.low === null ? '' : ', 95 % interval'}`;
    sentences.push(
      `${title}: ${list(best.map(({ name }) => name))} ${best.length === 1 ? 'has' : 'share'} the best ` +
        `${facts.title} with ${show(first)} (${n}).`,
    );
    const tied = cells.filter(({ cell }) => !cell.best && cell.tiedWithBest === true).map(({ name }) => name);
    const worse = cells.filter(({ cell }) => cell.tiedWithBest === false).map(({ name }) => name);
    const untested = cells.filter(({ cell }) => !cell.best && cell.rank !== null && cell.tiedWithBest === null);
    const isAhead = ({ cell }: (typeof cells)[number]): boolean => (cell.rank ?? 0) < (first.cell.rank ?? 0);
    const unknown = untested.filter((one) => !isAhead(one)).map(({ name }) => name);
    for (const one of untested.filter(isAhead))
      sentences.push(
        `${one.name} has a better mean, ${show(one)}, of ` +
          `${countInWords(one.estimate)}, ` +
          'with too few shared seeds to be compared.',
      );
    if (tied.length > 0) sentences.push(`Not significantly worse: ${several(tied)}.`);
    const { folds } = first.estimate;
    const test = folds === 1 ? 'paired t-test' : 'corrected resampled t-test';
    if (worse.length > 0) sentences.push(`Significantly worse (${test}, Holm): ${several(worse)}.`);
    if (unknown.length > 0)
      sentences.push(
        `Whether ${several(unknown)} ${unknown.length === 1 ? 'is' : 'are'} really worse cannot be said: ` +
          (folds === 1
            ? `a test needs at least ${MINIMUM_SEEDS_FOR_TEST} shared seeds.`
            : `a test needs at least ${MINIMUM_PAIRS_ACROSS_FOLDS} shared pairs of seed and fold.`),
      );
    for (const bound of cells.filter(({ cell, row }) => cell.rank === null && row.reference === 'upper'))
      sentences.push(`The upper reference, ${bound.name}, reaches ${show(bound)}.`);
    for (const bound of cells.filter(({ cell, row }) => row.reference === 'lower' && !cell.best))
      sentences.push(`The lower reference, ${bound.name}, is at ${show(bound)}.`);
  }
  const failed = leaderboard.rows.filter((row) => row.cells[index]?.state === 'failed').map(({ name }) => name);
  if (failed.length > 0) sentences.push(`Failed altogether: ${list(failed)}.`);
  const lost = leaderboard.rows.flatMap((row) => {
    const cell = row.cells[index];
    return cell !== undefined && hasLost(cell) ? [`${row.name} (${lostText(cell)})`] : [];
  });
  if (lost.length > 0) sentences.push(`Not ranked, because not every seed gave finite numbers: ${list(lost)}.`);
  return sentences.join(' ');
}

function claimsSentence(claims: ReportInput['claims']): string | null {
  const count = (...verdicts: readonly Verdict[]): number =>
    claims.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const tried = count('reproduced', 'off');
  const here = count('holds here', 'does not hold here');
  const parts = [
    ...(tried === 0 ? [] : [`${count('reproduced')} of ${tried} on the published protocol are reproduced`]),
    ...(here === 0 ? [] : [`${count('holds here')} of ${here} published on another protocol hold here`]),
    ...(count('not comparable') === 0 ? [] : [`${count('not comparable')} cannot be compared`]),
    ...(count('outdated') === 0 ? [] : [`${count('outdated')} were measured by older code`]),
  ];
  return parts.length === 0 ? null : `Published results: ${parts.join('; ')}.`;
}

/** More names than these make a sentence that nobody reads. */
const MOST_NAMES = 12;

/** The first names of a list, and how many more there are: the table has all. */
function several(names: readonly string[]): string {
  const { shown, leftOut } = shortened(names, MOST_NAMES);
  return leftOut === 0 ? list(names) : `${shown.join(', ')} and ${leftOut} more, which the table marks`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
