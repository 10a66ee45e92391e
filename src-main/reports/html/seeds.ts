import { formatSeconds, formatValue, MISSING } from '../../metrics/format.ts';
import type { MetricColumn } from '../../metrics/board/columns.ts';
import type { ReportTrial } from '../input.ts';
import type { Markup } from '../markup.ts';
import { markup } from '../markup.ts';
import type { SuiteBoard } from '../suite-boards.ts';
import { metricHeader } from '../words.ts';
import { sortable } from './boards.ts';

/** On paper, more rows than these are left to CSV and JSON. */
const MOST_ON_PAPER = 400;
/** Metrics side by side in one table. */
const METRICS_ACROSS = 5;

/** What every single trial measured, suite by suite, in tables that fit on a page. */
export function seedTables(boards: readonly SuiteBoard[], trials: readonly ReportTrial[], paper: boolean): Markup {
  return markup`${boards.map((board) => seedSection(board, trials, paper))}`;
}

function seedSection({ suite, title, metrics, rows }: SuiteBoard, all: readonly ReportTrial[], paper: boolean): Markup {
  const trials = all.filter((trial) => trial.suite === suite && trial.role === 'cell');
  if (paper && trials.length > MOST_ON_PAPER)
    return markup`<p>${title}: ${trials.length} trials, too many for paper. The report's CSV, JSON and HTML files list every one.</p>`;
  const names = new Map(rows.map((row) => [row.key, row.name]));
  const parts = Array.from({ length: Math.ceil(metrics.length / METRICS_ACROSS) }, (_, p) =>
    metrics.slice(p * METRICS_ACROSS, (p + 1) * METRICS_ACROSS),
  );
  return markup`<details><summary>${title}: ${trials.length} trials</summary>${parts.map((part) => seedTable(trials, part, names))}</details>`;
}

function seedTable(
  trials: readonly ReportTrial[],
  metrics: readonly MetricColumn[],
  names: ReadonlyMap<string, string>,
): Markup {
  const folded = trials.some(({ fold }) => fold !== null);
  const head = [...['Method', folded ? 'Seed / fold' : 'Seed'], ...metrics.map(metricHeader), 'Time'];
  return markup`<div class="wide"><table><thead><tr>${head.map(sortable)}<th class="left">Trial</th></tr></thead><tbody>
${trials.map(
  (
    trial,
  ) => markup`<tr><td>${names.get(trial.rowKey) ?? trial.method}</td><td data-value="${placeOf(trial)}">${trial.fold === null ? trial.seed : `${trial.seed} / ${trial.fold}`}</td>${metrics.map((column) => metricCell(trial, column))}<td data-value="${trial.cost?.seconds ?? ''}">${trial.cost === null ? MISSING : formatSeconds(trial.cost.seconds)}</td><td class="left name"><code title="${trial.id}">${trial.id.slice(0, 12)}</code>${trial.failure !== null && markup`<span class="remark failed">${trial.failure.message}</span>`}</td></tr>
`,
)}</tbody></table></div>`;
}

/** Sorts by seed, and within it by fold. */
const placeOf = ({ seed, fold }: ReportTrial): number => seed + (fold ?? 0) / 1000;

function metricCell(trial: ReportTrial, { metric, unit }: MetricColumn): Markup {
  const value = trial.metrics[metric];
  if (value === undefined) return markup`<td data-value="">${trial.state === 'done' ? MISSING : trial.state}</td>`;
  return markup`<td data-value="${value}">${formatValue(value, unit, unit === 'share' ? 2 : 4)}</td>`;
}
