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
  'metric',
  'value',
  'trial',
  'protocol_hash',
  'backend',
] as const;

/**
 * Long form, one row per suite × configuration × seed × metric, values in stored units (shares from 0 to 1) at full precision. RFC 4180. Of a
 * view: its rows in their order and its metrics; with a baseline, also the difference to the baseline's value of the same seed.
 */
export function csvReport(input: ReportInput): string {
  const scenarios = new Map(input.suites.map(({ id, scenario }) => [id, scenario]));
  const { baseline, columns } = input.view;
  const cells = input.trials.filter(({ role }) => role === 'cell');
  const base = new Map(
    cells.filter(({ rowKey }) => rowKey === baseline).map((trial) => [seedOf(trial), trial.metrics] as const),
  );
  const lines = shownBoards(input).flatMap(({ suite, rows, metrics }) => {
    const shown = new Set(metrics.map(({ metric }) => metric));
    return rows.flatMap(({ key, name }) =>
      cells
        .filter((trial) => trial.suite === suite && trial.rowKey === key)
        .flatMap((trial) =>
          Object.entries(trial.metrics)
            .filter(([metric]) => columns === null || shown.has(metric))
            .map(([metric, value]) => [
              trial.suite,
              scenarios.get(trial.suite) ?? '',
              trial.method,
              trial.rowKey,
              name,
              JSON.stringify(trial.hyperParameters),
              String(trial.seed),
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

const seedOf = ({ suite, seed }: ReportTrial): string => `${suite}\n${seed}`;

const difference = (value: number, base: number | undefined): string =>
  base === undefined ? '' : String(value - base);
