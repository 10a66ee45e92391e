import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { allowed } from '../methods/hyper-parameters.ts';
import { isOrdering } from '../metrics/claim-names.ts';
import { formatBytes } from '../metrics/format.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer } from '../server/server.ts';
import { REPORT_FORMATS, WorkbenchError } from '../workbench/contract.ts';
import type { ReportFormat, StudyRequest, WorkbenchClient } from '../workbench/contract.ts';
import { dataFolder } from '../workbench/data-folder.ts';
import { programVersion } from '../workbench/open.ts';
import { pendingClient } from '../workbench/pending-client.ts';
import { EXIT, EXIT_HELP } from './exit-codes.ts';
import { follow, Interrupts, runStudy } from './run.ts';
import { answer, onDisk, processShell, runCommand } from './shell.ts';
import { leaderboardText, studyLine, table } from './text.ts';
import { openWindow } from './window.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', () => process.exit());
const shell = processShell();
const program = new Command('touchstone');
const json = (value: unknown): void => shell.out(JSON.stringify(value, null, 2));
const jsonOption = (): Option => new Option('--json', 'machine-readable output on stdout').default(false);

program
  .description(
    'Compares continual-learning, model-merging and ensembling methods on the same suites, budget, seeds and data.',
  )
  .version(programVersion())
  .addHelpText(
    'after',
    `\nThe data folder is ${dataFolder()} (change it with TOUCHSTONE_DATA).\nTOUCHSTONE_WORKERS: trials at once. TOUCHSTONE_KEEP_PROBABILITIES: keep per-sample probabilities of that many newest trials only.\n\n${EXIT_HELP}`,
  )
  .showSuggestionAfterError()
  .exitOverride();

program
  .command('doctor')
  .description('what was found on this machine, and what would make it faster')
  .option('--speed', 'also run a two-second speed test', false)
  .addOption(jsonOption())
  .action((options: { speed: boolean; json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('system.doctor', { speedTest: options.speed }),
      (findings) =>
        findings.map(
          ({ topic, level, message, remedy }) =>
            `${{ ok: '✓', note: '·', warning: '!', error: '✗' }[level]} ${topic}: ${message}${remedy === null ? '' : `\n    ${remedy}`}`,
        ),
      (findings) => (findings.some(({ level }) => level === 'error') ? EXIT.failure : EXIT.ok),
    ),
  );

const data = program.command('data').description('data sets: what is here, get, import, verify');
data
  .command('list')
  .description('every data set and where it comes from')
  .addOption(jsonOption())
  .action((options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('data.list', {}),
      (sets) =>
        table(
          ['id', 'state', 'train', 'test', 'size', 'licence', 'title'],
          sets.map((set) => [
            set.id,
            set.state,
            String(set.rows.train),
            String(set.rows.test),
            formatBytes(set.bytes),
            set.licence,
            set.title,
          ]),
          new Set([2, 3, 4]),
        ),
    ),
  );
data
  .command('get <id>')
  .description('download a data set; goes on where an earlier attempt ended')
  .addOption(jsonOption())
  .action((id: string, options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      async (client) => {
        client.subscribe((event) => {
          if (event.kind === 'data' && event.state === 'downloading' && process.stderr.isTTY && !options.json)
            process.stderr.write(
              `\r\u001b[2K${formatBytes(event.done)}${event.total === null ? '' : ` of ${formatBytes(event.total)}`} ${event.message}`,
            );
        });
        const info = await client.call('data.get', { id });
        if (process.stderr.isTTY && !options.json) process.stderr.write('\r\u001b[2K');
        return info;
      },
      (info) => `${info.title} is here.`,
    ),
  );
data
  .command('import <id> <folder>')
  .description('install a data set from its published files in a folder, or a table of your own under a new id')
  .addOption(jsonOption())
  .action((id: string, folder: string, options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('data.import', { id, folder: path.resolve(folder) }),
      (info) => `${info.title} is here: ${info.rows.train} training and ${info.rows.test} test examples.`,
    ),
  );
data
  .command('verify [id]')
  .description('compare files with their checksums')
  .addOption(jsonOption())
  .action((id: string | undefined, options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('data.verify', id === undefined ? {} : { id }),
      (verdicts) => verdicts.map((verdict) => `${verdict.ok ? '✓' : '✗'} ${verdict.id}: ${verdict.message}`),
      (verdicts) => (verdicts.every(({ ok }) => ok) ? EXIT.ok : EXIT.dataMissing),
    ),
  );

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
          if (options.json) json(methods);
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
        if (options.json) json(method);
        else {
          shell.out(`${method.title} (${method.id}, version ${method.version})\n${method.summary}`);
          if (method.paper !== null)
            shell.out(
              `${method.paper.authors} (${method.paper.year}): ${method.paper.title}. ${method.paper.reference}${method.paper.equations === undefined ? '' : `\nEquations: ${method.paper.equations}`}${method.paper.deviations === undefined ? '' : `\nDeviations: ${method.paper.deviations}`}`,
            );
          if (method.fields.length > 0)
            shell.out(
              `\n${table(
                ['hyper-parameter', 'default', 'allowed', 'what'],
                method.fields.map((field) => [field.name, String(field.default), allowed(field), field.description]),
              )}`,
            );
          const refused = Object.entries(method.fits).filter(([, verdict]) => verdict !== true);
          shell.out(
            `\nFits ${Object.keys(method.fits).length - refused.length} of ${Object.keys(method.fits).length} suites.`,
          );
          for (const [suite, verdict] of refused) shell.out(`  not ${suite}: ${String(verdict)}`);
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

program
  .command('run [suites...]')
  .description('run a study: suites × methods × seeds, with the reference ends, and print its leaderboard')
  .option(
    '-m, --methods <methods...>',
    'methods with their values: er, ewc:lambda=100, der:alpha=0.3:memory=200; commas or spaces between',
  )
  .option('-s, --seeds <seeds>', 'seeds: 0-4 or 0,2,5', '0-4')
  .addOption(
    new Option('-b, --backend <backend>', 'where to compute')
      .choices(['auto', 'tensorflow-gpu', 'tensorflow-cpu', 'webgpu', 'wasm'])
      .default('auto'),
  )
  .option('-n, --name <name>', 'name of the study')
  .option('--no-references', 'without the reference ends (naive, joint, …)')
  .option('--quick', 'the first-look study on real digits; needs no suites and methods', false)
  .option('--detach', 'leave it to the Touchstone that runs already, and end', false)
  .addOption(jsonOption())
  .addHelpText(
    'after',
    '\nExamples:\n  touchstone run --quick\n  touchstone run split-mnist/class-il --methods er,der,gdumb --seeds 0-9\n  touchstone run split-mnist/task-il -m ewc:lambda=100 ewc:lambda=1000 -s 0,1',
  )
  .action(
    (
      suites: string[],
      options: {
        methods?: string[];
        seeds: string;
        backend: StudyRequest['backend'];
        name?: string;
        references: boolean;
        quick: boolean;
        detach: boolean;
        json: boolean;
      },
    ) => runCommand(shell, options.json, () => runStudy(shell, suites, options)),
  );

const study = program.command('study').description('studies: list, show, resume, cancel, delete');
study
  .command('list')
  .description('every study, newest first')
  .addOption(jsonOption())
  .action((options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('study.list', {}),
      (studies) =>
        studies.length === 0
          ? 'No studies yet. `touchstone run --quick` runs a first one.'
          : table(
              ['id', 'state', 'made', 'trials', 'name'],
              studies.map((one) => [
                one.id.slice(0, 8),
                one.state,
                new Date(one.createdAt).toISOString().slice(0, 16).replace('T', ' '),
                studyLine(one),
                one.name,
              ]),
            ),
    ),
  );
study
  .command('show <id>')
  .description('one study with its trials')
  .addOption(jsonOption())
  .action((id: string, options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('study.get', { id }),
      (detail) => [
        `${detail.name} (${detail.id}): ${detail.state}, ${studyLine(detail)}\n`,
        table(
          ['trial', 'state', 'suite', 'method', 'seed', 'result', 'seconds'],
          detail.trials.map((trial) => [
            trial.id.slice(0, 8),
            trial.state,
            trial.spec.suite,
            trial.spec.method,
            String(trial.spec.seed),
            trial.failure?.message ?? (trial.headline === null ? '' : trial.headline.toFixed(4)),
            trial.seconds === null ? '' : trial.seconds.toFixed(1),
          ]),
          new Set([4, 6]),
        ),
      ],
    ),
  );
study
  .command('resume <id>')
  .description('go on with a paused or interrupted study; failed trials run again with --retry')
  .option('--retry', 'also failed and cancelled trials', false)
  .addOption(jsonOption())
  .action((id: string, options: { retry: boolean; json: boolean }) =>
    runCommand(shell, options.json, () =>
      shell.withWorkbench(
        async (client, opened) => {
          const interrupts = new Interrupts();
          const found = await client.call('study.get', { id });
          const resumed = await client.call(options.retry ? 'study.retry' : 'study.resume', { id: found.id });
          return follow(shell, client, opened, resumed, options.json, interrupts);
        },
        { again: false },
      ),
    ),
  );
study
  .command('pause <id>')
  .description('pause a study that another Touchstone runs')
  .addOption(jsonOption())
  .action((id: string, options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('study.pause', { id }),
      (paused) => `${paused.name}: ${paused.state}`,
    ),
  );
study
  .command('cancel <id>')
  .description('stop a study; what is finished stays')
  .addOption(jsonOption())
  .action((id: string, options: { json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('study.cancel', { id }),
      (cancelled) => `${cancelled.name}: cancelled, ${cancelled.counts.done} finished trials stay.`,
    ),
  );
study
  .command('delete <id>')
  .description('forget a study; with --results also the results that no other study uses')
  .option('--results', 'delete results too', false)
  .addOption(jsonOption())
  .action((id: string, options: { results: boolean; json: boolean }) =>
    answer(
      shell,
      options.json,
      (client) => client.call('study.delete', { id, results: options.results }),
      (deleted) => `Deleted; ${deleted.deletedTrials} trials went with it.`,
    ),
  );

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
        ...trial.log.map(({ at, message }) => `${new Date(at).toISOString()} ${message}`),
      ],
    ),
  );

program
  .command('leaderboard [study]')
  .description('the leaderboard of a study, or over all results')
  .option('--suites <suites...>', 'only these suites')
  .option('--metrics <metrics...>', 'only these metrics')
  .option('--baseline <row>', 'differences to this row')
  .addOption(jsonOption())
  .action(
    (id: string | undefined, options: { suites?: string[]; metrics?: string[]; baseline?: string; json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) =>
          client.call('leaderboard.get', {
            study: id,
            suites: options.suites,
            metrics: options.metrics,
            baseline: options.baseline,
          }),
        (board) =>
          board.rows.length === 0 ? 'No results yet. `touchstone run --quick` makes some.' : leaderboardText(board),
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

program
  .command('report <study>')
  .description('write the report of a study')
  .option('-o, --output <folder>', 'where to', 'report')
  .addOption(
    new Option('-f, --formats <formats...>', 'which files').choices(REPORT_FORMATS).default([...REPORT_FORMATS]),
  )
  .addOption(jsonOption())
  .action((id: string, options: { output: string; formats: ReportFormat[]; json: boolean }) =>
    answer(
      shell,
      options.json,
      async (client) => {
        const found = await client.call('study.get', { id });
        const { files } = await client.call('report.make', { study: found.id, formats: options.formats });
        const folder = path.resolve(options.output);
        const written = onDisk(() => {
          mkdirSync(folder, { recursive: true });
          return files.map((file) => {
            const target = path.join(folder, path.basename(file.name));
            writeFileSync(target, file.text);
            return target;
          });
        }, `The report could not be written into ${folder}`);
        return { files: written };
      },
      ({ files }) => files,
    ),
  );
program
  .command('import <file>')
  .description('take up the results of a JSON report')
  .addOption(jsonOption())
  .action((file: string, options: { json: boolean }) =>
    runCommand(shell, options.json, async () => {
      const text = onDisk(() => readFileSync(file, 'utf8'), `The file ${file} could not be read`);
      return shell.withWorkbench(async (client) => {
        const imported = await client.call('report.import', { text });
        if (options.json) json(imported);
        else
          shell.out(
            `Study ${imported.study}: ${imported.trials} trials taken up, ${imported.alreadyThere} were here already.`,
          );
        return EXIT.ok;
      });
    }),
  );

program
  .command('serve')
  .description('serve the interface on 127.0.0.1 and print its address')
  .option('-p, --port <port>', 'port; any free one unless given')
  .addOption(jsonOption())
  .action((options: { port?: string; json: boolean }) => runCommand(shell, options.json, () => serve(options)));
program
  .command('open')
  .description('open the window, or serve the interface where there is no display; options go to Electron')
  .allowUnknownOption()
  .allowExcessArguments()
  .action((_options: unknown, command: Command) =>
    runCommand(shell, false, () => openWindow(command.args, { root: ROOT, err: shell.err, serve: () => serve({}) })),
  );
program
  .command('worker', { hidden: true })
  .description('(a trial worker; the Workbench starts it)')
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async () => {
    await import('../worker/main.ts');
  });

async function serve(options: { port?: string; json?: boolean }): Promise<number> {
  const port = options.port === undefined ? 0 : Number(options.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new WorkbenchError({
      kind: 'invalid-input',
      message: `A port is a number from 1 to 65535, not "${options.port ?? ''}".`,
      remedy: null,
      details: null,
    });
  // Listened for before the address is known to anybody, who may end it as soon as they read it.
  const asked = new Promise<'asked'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('asked'));
  });
  const opening = Promise.withResolvers<WorkbenchClient>();
  // Who has asked already hears of a failure by its call; nobody may have.
  opening.promise.catch(() => undefined);
  let server: RunningServer | null = null;
  const listen = async (): Promise<void> => {
    server ??= await startServer({
      client: pendingClient(opening.promise),
      rendererFolder: path.join(ROOT, 'out', 'renderer'),
      port,
      onLog: (message) => shell.err(message),
    });
    if (options.json === true) shell.out(JSON.stringify({ url: server.url, port: server.port }));
    else
      shell.out(
        `Touchstone is at ${server.url}\nCtrl-C ends it; running trials go on from their checkpoints at the next start.`,
      );
  };
  try {
    return await shell.withWorkbench(
      async (client, opened) => {
        opening.resolve(client);
        if (opened.how === 'socket') await listen();
        const gone = new Promise<'gone'>((resolve) => opened.onGone(() => resolve('gone')));
        if ((await Promise.race([asked, gone])) === 'gone')
          shell.err(
            'The Touchstone that held the data folder was closed, so this one ends too. Start it again to go on.',
          );
        await server?.close();
        return EXIT.ok;
      },
      { runQueue: true, again: false, onFolder: listen },
    );
  } catch (error) {
    opening.reject(error);
    throw error;
  }
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are no errors; anything else was said by commander already.
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}
// Whatever still holds the loop (a socket's keep-alive, a warm worker) has nothing left to do; what was written to a pipe must still arrive.
if (process.exitCode !== undefined) {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((resolve) => {
          stream.write('', () => resolve());
        }),
    ),
  );
  process.exit();
}
