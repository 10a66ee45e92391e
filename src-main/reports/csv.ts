import { costColumn } from '../metrics/board/columns.ts';
import { ROW_COSTS } from '../metrics/cost-definitions.ts';
import { csvLine } from './escapes.ts';
import type { ReportInput, ReportTrial } from './input.ts';
import { shownBoards } from './shown.ts';

const HEADER = [
  'suite',
  'scenario',
  'method',
  'configuration',
  'name',
  'hyper_parameters',
  'seed',
  'fold',
  'metric',
  'value',
  'trial',
  'protocol_hash',
  'backend',
] as const;

/**
 * Long form, one row per suite × configuration × seed × metric or cost (`cost.flops`), values in stored units (shares
 * from 0 to 1) at full precision. What was not counted has no row. RFC 4180. Of a view: its rows in their order and
 * its columns; with a baseline, also the difference to the baseline's value of the same seed.
 */
export function csvReport(input: ReportInput): string {
  const scenarios = new Map(input.suites.map(({ id, scenario }) => [id, scenario]));
  const { baseline, columns } = input.view;
  const cells = input.trials.filter(({ role }) => role === 'cell');
  const base = new Map(
    cells.filter(({ rowKey }) => rowKey === baseline).map((trial) => [seedOf(trial), valuesOf(trial)] as const),
  );
  const lines = shownBoards(input).flatMap(({ suite, rows, metrics }) => {
    const shown = new Set([...metrics.map(({ metric }) => metric), ...(columns ?? [])]);
    return rows.flatMap(({ key, name }) =>
      cells
        .filter((trial) => trial.suite === suite && trial.rowKey === key)
        .flatMap((trial) =>
          Object.entries(valuesOf(trial))
            .filter(([metric]) => columns === null || shown.has(metric))
            .map(([metric, value]) => [
              trial.suite,
              scenarios.get(trial.suite) ?? '',
              trial.method,
              trial.rowKey,
              name,
              JSON.stringify(trial.hyperParameters),
              String(trial.seed),
              trial.fold === null ? '' : String(trial.fold),
              metric,
              String(value),
              trial.id,
              trial.protocolHash,
              trial.backend,
              ...(baseline === null ? [] : [difference(value, base.get(seedOf(trial))?.[metric])]),
            ]),
        ),
    );
  });
  const header = [...HEADER, ...(baseline === null ? [] : [`difference to ${baseline}`])];
  return [header, ...lines].map((line) => `${csvLine(line)}\r\n`).join('');
}

/** Metrics by their ids, and costs by those of their columns. */
function valuesOf({ metrics, cost }: ReportTrial): Readonly<Record<string, number>> {
  const costs = ROW_COSTS.flatMap((name): [string, number][] => {
    const value = cost?.[name] ?? null;
    return value === null ? [] : [[costColumn(name), value]];
  });
  return { ...metrics, ...Object.fromEntries(costs) };
}

const seedOf = ({ suite, seed, fold }: ReportTrial): string => `${suite}\n${seed}\n${fold ?? ''}`;

const difference = (value: number, base: number | undefined): string =>
  base === undefined ? '' : String(value - base);
