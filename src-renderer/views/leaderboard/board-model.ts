import { countText } from '../../../src-main/base/places.ts';
import type { ColumnLayout } from '../../../src-main/metrics/board/cells.ts';
import { hasLost, lostText } from '../../../src-main/metrics/board/lost.ts';
import type { MetricColumn } from '../../../src-main/metrics/board/columns.ts';
import { fixed, probability, signed } from '../../../src-main/metrics/board/numbers.ts';
import { formatSeconds, markOf, shownScale, unitSymbol } from '../../../src-main/metrics/format.ts';
import type { LeaderboardCell, LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';

/** How far the time of a row differs from trial to trial; empty in other columns. */
export function explainTime({ cost, timeSpread }: LeaderboardRow, { column }: ColumnLayout): string {
  if (column.kind !== 'cost' || column.cost !== 'seconds' || cost.seconds === null || timeSpread === null) return '';
  const [low, high] = [timeSpread.low, timeSpread.high].map(formatSeconds);
  return `${formatSeconds(cost.seconds)} in the middle, from ${low} to ${high}`;
}

export interface Explained {
  readonly label: string;
  readonly value: string;
}

/** Everything about a cell in words, for its card and for screen readers. */
export function explainCell(
  cell: LeaderboardCell | null,
  column: MetricColumn,
): { readonly lines: readonly Explained[]; readonly sentence: string } {
  if (cell === null)
    return { lines: [], sentence: 'Not run: this study has no trial of this configuration on this suite.' };
  const scale = shownScale(column.unit);
  const unit = unitSymbol(column.unit);
  const show = (value: number, places = 3) => `${fixed(value * scale, places)}${unit === '' ? '' : ` ${unit}`}`;
  const { estimate, delta, claim } = cell;
  const lines: Explained[] = [];
  if (estimate !== null) {
    lines.push({ label: 'mean', value: show(estimate.mean) });
    lines.push({
      label: '95 % interval',
      value:
        estimate.low === null || estimate.high === null
          ? 'needs two seeds'
          : `${fixed(estimate.low * scale, 3)} to ${show(estimate.high)}${estimate.folds === 1 ? '' : ', corrected for folds'}`,
    });
    if (estimate.deviation !== null)
      lines.push({
        label: estimate.folds === 1 ? 'deviation over seeds' : 'deviation over seeds and folds',
        value: show(estimate.deviation),
      });
    lines.push({
      label: estimate.folds === 1 ? 'seeds' : 'seeds × folds',
      value: `${countText(estimate)}${cell.expected > 0 ? ` of ${cell.expected}` : ''}${cell.failed > 0 ? `, ${cell.failed} failed` : ''}${hasLost(cell) ? `; ${lostText(cell)}` : ''}`,
    });
  }
  if (cell.older > 0) lines.push({ label: 'older results', value: `${cell.older}, not counted` });
  if (cell.rank !== null) lines.push({ label: 'rank', value: String(cell.rank) });
  if (cell.p !== null) lines.push({ label: 'p against the best (Holm)', value: probability(cell.p) });
  if (delta !== null) {
    lines.push({
      label: 'to the baseline, paired',
      value: `${signed(delta.mean * scale, 3)}${delta.low === null || delta.high === null ? '' : ` (${signed(delta.low * scale, 3)} to ${signed(delta.high * scale, 3)})`}`,
    });
    lines.push({ label: 'p (Holm over the column)', value: `${probability(delta.p)}, ${delta.n} pairs` });
  }
  if (claim !== null) {
    lines.push({
      label: 'published',
      value: `${show(claim.published.value, 2)}${claim.published.spread === null ? '' : ` ± ${fixed(claim.published.spread * scale, 2)}`}${claim.published.n === null ? '' : `, n ${claim.published.n}`}`,
    });
    lines.push({ label: 'verdict', value: claim.verdict });
    lines.push({ label: 'source', value: claim.published.source });
    if (claim.note !== '') lines.push({ label: 'note', value: claim.note });
  }
  return { lines, sentence: stateSentence(cell) };
}

function stateSentence(cell: LeaderboardCell): string {
  switch (cell.state) {
    case 'missing':
      return 'Not run: no trial of this configuration on this suite yet.';
    case 'running':
      return `Running: ${cell.finished} of ${cell.expected} seeds are finished.`;
    case 'failed':
      return `All ${cell.failed} trials failed. Expand the row to open one and read why.`;
    case 'diverged':
    case 'not-possible':
      return `${cell.why ?? ''} Expand the row to open one and read where.`.trim();
    case 'superseded':
      return cell.why ?? 'Only results of an earlier version.';
    case 'not-applicable':
      return cell.why ?? 'This method does not fit this suite.';
    case 'partial':
      if (hasLost(cell)) return cell.why ?? '';
      return (
        `${cell.finished} of ${cell.expected} seeds${cell.failed > 0 ? `, ${cell.failed} failed` : ''}: ` +
        `the mean covers only those. ${cell.why ?? ''}`
      ).trim();
    case 'done':
      if (markOf(cell) === 'tied') return 'Not significantly worse than the best.';
      if (cell.best) return `The best mean of this column.${cell.why === null ? '' : ` ${cell.why}`}`;
      return cell.why ?? (cell.tiedWithBest === false ? 'Significantly worse than the best.' : '');
  }
}
