import { csvLine } from './escapes.ts';
import type { ReportInput } from './input.ts';

const HEADER = [
  'suite',
  'scenario',
  'method',
  'configuration',
  'hyper_parameters',
  'seed',
  'metric',
  'value',
  'trial',
  'protocol_hash',
  'backend',
] as const;

/** Long form, one row per suite × configuration × seed × metric, values in stored units (shares from 0 to 1) at full precision. RFC 4180. */
export function csvReport(input: ReportInput): string {
  const scenarios = new Map(input.suites.map(({ id, scenario }) => [id, scenario]));
  const lines = input.trials
    .filter(({ role }) => role === 'cell')
    .flatMap((trial) =>
      Object.entries(trial.metrics).map(([metric, value]) =>
        csvLine([
          trial.suite,
          scenarios.get(trial.suite) ?? '',
          trial.method,
          trial.rowKey,
          JSON.stringify(trial.hyperParameters),
          String(trial.seed),
          metric,
          String(value),
          trial.id,
          trial.protocolHash,
          trial.backend,
        ]),
      ),
    );
  return [HEADER.join(','), ...lines, ''].join('\r\n');
}
