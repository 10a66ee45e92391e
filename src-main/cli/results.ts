import type { Command } from 'commander';
import { secondText } from '../base/dates.ts';
import { isOrdering } from '../metrics/claim-names.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

/** `touchstone trial` and `claims`: what was measured. */
export function addResults(program: Command, shell: Shell): void {
  program
    .command('trial <id>')
    .description('everything that one trial measured')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('trial.get', { id }),
        (trial) => [
          `${trial.spec.method} on ${trial.spec.suite}, seed ${trial.spec.seed}, ${trial.spec.backend}: ${trial.state}\n${trial.command}\n`,
          table(
            ['metric', 'value'],
            trial.metrics.map(({ id: metric, value }) => [metric, value.toPrecision(6)]),
          ),
          ...trial.log.map(({ at, message }) => `${secondText(at)} ${message}`),
        ],
      ),
    );

  program
    .command('claims')
    .description('what papers published, what was measured here, and the verdict')
    .addOption(jsonOption())
    .action((options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('claims.list', {}),
        (claims) =>
          table(
            ['suite', 'method', 'metric', 'published', 'measured', 'verdict'],
            claims.map((claim) => [
              claim.suite,
              claim.method,
              claim.metric,
              isOrdering(claim.method) && claim.published.value === 0 ? 'order' : claim.published.value.toFixed(4),
              claim.measured === null ? '–' : `${claim.measured.mean.toFixed(4)} (n=${claim.measured.n})`,
              claim.verdict,
            ]),
            new Set([3, 4]),
          ),
      ),
    );
}
