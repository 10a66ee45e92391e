import type { Command } from 'commander';
import { joinedAtMost } from '../base/shortened.ts';
import { allowed, shownValue } from '../methods/field-text.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import { EXIT } from './exit-codes.ts';
import { jsonOption } from './options.ts';
import { answer, runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

/** `touchstone suites` and `touchstone methods`: what a study can be made of. */
export function addCatalogue(program: Command, shell: Shell): void {
  program
    .command('suites')
    .description('the suites: protocols that make results comparable')
    .addOption(jsonOption())
    .action((options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('catalogue.suites', {}),
        (suites) =>
          table(
            ['id', 'scenario', 'ready', 'title'],
            suites.map((suite) => [
              suite.id,
              suite.scenario,
              suite.ready ? 'yes' : `needs ${suite.missing.join(', ')}`,
              suite.title,
            ]),
          ),
      ),
    );

  program
    .command('methods [id]')
    .description('the methods, or one with its hyper-parameters, paper and fit')
    .addOption(jsonOption())
    .action((id: string | undefined, options: { json: boolean }) =>
      runCommand(shell, options.json, () =>
        shell.withWorkbench(async (client) => {
          const methods = await client.call('catalogue.methods', {});
          if (id === undefined) {
            if (options.json) shell.out(JSON.stringify(methods, null, 2));
            else
              shell.out(
                table(
                  ['id', 'family', 'title', 'summary'],
                  methods.map((method) => [method.id, method.family, method.title, method.summary]),
                ),
              );
            return EXIT.ok;
          }
          const method = methods.find((candidate) => candidate.id === id);
          if (method === undefined)
            throw new WorkbenchError({
              kind: 'not-found',
              message: `There is no method "${id}".`,
              remedy: 'See `touchstone methods`.',
              details: null,
            });
          const suites = Object.entries(await client.call('catalogue.fits', { methods: [id] }));
          if (options.json) {
            const fits = Object.fromEntries(suites.map(([suite, reasons]) => [suite, reasons[id] ?? true]));
            shell.out(JSON.stringify({ ...method, fits }, null, 2));
          } else {
            shell.out(`${method.title} (${method.id}, version ${method.version})\n${method.summary}`);
            if (method.paper !== null)
              shell.out(
                `${method.paper.authors} (${method.paper.year}): ${method.paper.title}. ` +
                  `${method.paper.reference}${method.paper.equations === undefined ? '' : `\nEquations: ${method.paper.equations}`}${method.paper.deviations === undefined ? '' : `\nDeviations: ${method.paper.deviations}`}`,
              );
            if (method.fields.length > 0)
              shell.out(
                `\n${table(
                  ['hyper-parameter', 'default', 'allowed', 'what'],
                  method.fields.map((field) => [
                    field.name,
                    shownValue(field, field.default),
                    allowed(field),
                    field.description,
                  ]),
                )}`,
              );
            for (const line of fitLines(suites.map(([suite, reasons]) => ({ suite, reason: reasons[id] ?? null }))))
              shell.out(line);
            for (const [suite, { values, source }] of Object.entries(method.settings))
              shell.out(
                `  on ${suite}: ${Object.entries(values)
                  .map(([name, value]) => `${name}=${String(value)}`)
                  .join(' ')} (${source})`,
              );
          }
          return EXIT.ok;
        }),
      ),
    );
}

interface Fit {
  readonly suite: string;
  /** Why the method does not fit; null where it does. */
  readonly reason: string | null;
}

const MOST_NAMED = 3;

/** The suites that a method fits, and the others, a line a reason. */
export function fitLines(fits: readonly Fit[]): string[] {
  const names = (some: readonly Fit[]): string[] => some.map(({ suite }) => suite);
  const fitting = fits.filter(({ reason }) => reason === null);
  const reasons = Map.groupBy(
    fits.filter(({ reason }) => reason !== null),
    ({ reason, suite }) => (reason ?? '').replaceAll(suite, 'it'),
  );
  return [
    `\nFits ${fitting.length} of ${fits.length} suites${fitting.length === 0 ? '' : `: ${names(fitting).join(', ')}`}.`,
    ...[...reasons].map(
      ([reason, some]) => `  not ${some.length} (${joinedAtMost(names(some), MOST_NAMED, ', ')}): ${reason}`,
    ),
  ];
}
