import { statSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { KINDS } from '../ensemble/kinds.ts';
import { apartNames } from '../base/apart-names.ts';
import { runEnsemble, strategyOf } from '../ensemble/job.ts';
import type { EnsembleReport } from '../ensemble/job.ts';
import { STRATEGIES } from '../ensemble/strategies.ts';
import type { PredictionKind } from '../ensemble/kinds.ts';
import { allowed } from '../methods/field-text.ts';
import { formFields } from '../methods/hyper-parameters.ts';
import type { Strategy } from '../methods/ensembling/shared/strategies/strategy.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import { programVersion } from '../workbench/open.ts';
import { settingsArgument } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';
import { writeFiles } from './write-files.ts';

interface EnsembleArguments {
  readonly method: string;
  readonly validation: readonly string[];
  readonly labels: string;
  readonly test?: readonly string[];
  readonly testLabels?: string;
  readonly kind?: PredictionKind;
  readonly set?: readonly string[];
  readonly output?: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** Settings of a strategy in words, a line each. */
const settingsLines = ({ schema }: Strategy): string[] =>
  formFields(schema).map(({ name, description, default: usual, defaultMeans, ...field }) => {
    // A blank choice is none: what it stands for is in brackets.
    const choices = field.choices?.filter((choice) => choice !== '') ?? null;
    return `${name}: ${description}; ${allowed({ ...field, choices })} (${defaultMeans ?? usual})`;
  });

const HELP = `
One file a model, in the same order for validation and test: .npy, .npz (file.npz:name for one of several arrays),
Parquet or CSV. Rows are examples, columns classes; one column is a number. Nothing is fitted to test rows.

Methods, with their settings and in brackets what these are unless told:
${STRATEGIES.flatMap((one) => [`  ${one.id.padEnd(16)} ${one.title}`, ...settingsLines(one).map((line) => `${' '.repeat(21)}${line}`)]).join('\n')}

Examples:
  touchstone ensemble --method greedy --validation a.npy b.npy --labels y.npy --test a-test.npy b-test.npy -o ensemble.json
  touchstone ensemble --method conformal --set alpha=0.05 --validation a.csv --labels y.csv --test a-test.csv`;

/** `touchstone ensemble`: selection, stacking and calibration of a person's own predictions. */
export function addEnsemble(program: Command, shell: Shell): void {
  program
    .command('ensemble')
    .description('combine and calibrate your own models’ predictions (.npy, .npz, Parquet, CSV)')
    .option('-m, --method <method>', 'how they are combined', 'greedy')
    .requiredOption('--validation <files...>', 'predictions of held-out rows, a file a model')
    .requiredOption('--labels <file>', 'what is true of the held-out rows: classes from 0 on, or numbers')
    .option('--test <files...>', 'predictions of the rows to be told, a file a model')
    .option('--test-labels <file>', 'what is true of the test rows, where it is known: for scores alone')
    .addOption(new Option('--kind <kind>', 'what the numbers are; told by them unless given').choices(KINDS))
    .option('-s, --set <name=value...>', 'settings of the method')
    .option('-o, --output <file>', 'where the result goes, a .json file or a folder')
    .option('-f, --force', 'replace a result that is there already', false)
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((options: EnsembleArguments) => runCommand(shell, options.json, () => ensemble(shell, options)));
}

async function ensemble(shell: Shell, options: EnsembleArguments): Promise<number> {
  const { output, json, force } = options;
  const report = await runEnsemble(
    {
      method: options.method,
      settings: settingsOf(options.method, options.set ?? []),
      kind: options.kind ?? null,
      validation: options.validation.map((file) => givenPath(file)),
      labels: givenPath(options.labels),
      test: (options.test ?? []).map((file) => givenPath(file)),
      testLabels: options.testLabels === undefined ? null : givenPath(options.testLabels),
    },
    programVersion(),
  );
  const text = `${JSON.stringify(report)}\n`;
  const target = output === undefined ? null : fileFor(givenPath(output));
  const written =
    target === null ? [] : writeFiles(path.dirname(target), [{ name: path.basename(target), content: text }], force);
  if (json) shell.out(JSON.stringify(report, null, 2));
  else for (const line of [...lines(report), ...written.map((file) => `${file} is written.`)]) shell.out(line);
  return EXIT.ok;
}

/** The file that a result goes to: in a folder that is there, it is called ensemble.json, as from the window. */
const fileFor = (output: string): string =>
  statSync(output, { throwIfNoEntry: false })?.isDirectory() === true ? path.join(output, 'ensemble.json') : output;

function settingsOf(method: string, texts: readonly string[]): Record<string, unknown> {
  const bare = texts.find((text) => text.indexOf('=') < 1);
  if (bare !== undefined)
    throw new WorkbenchError({
      kind: 'invalid-input',
      message: `--set takes settings like size=50, not "${bare}".`,
      remedy: null,
      details: null,
    });
  return settingsArgument(strategyOf(method).schema, texts);
}

function lines({ title, validation, test, weights, path: steps, note, sets }: EnsembleReport): string[] {
  const scores = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, value]) => `${name} ${value.toFixed(4)}`)
      .join('  ');
  const judged = test?.models === undefined ? validation : { ...validation, ...test };
  const names = apartNames(judged.models.map(({ name }) => name));
  const wide = Math.max(8, ...names.map((name) => name.length));
  return [
    `${title}, fitted on ${validation.rows} rows; scores on ${judged === validation ? 'these rows' : `${judged.rows} test rows`}:`,
    ...judged.models.map(
      (model, i) =>
        `  ${names[i].padEnd(wide)}  ${scores(model.scores)}${weights === null ? '' : `  weight ${weights[i].toFixed(3)}`}`,
    ),
    `  ${'average'.padEnd(wide)}  ${scores(judged.average)}`,
    `  ${'ensemble'.padEnd(wide)}  ${scores(judged.ensemble)}`,
    ...(judged.disagreement === null ? [] : [`Disagreement of pairs: ${judged.disagreement.toFixed(4)}.`]),
    ...(steps === null || steps === undefined ? [] : [`Path: ${pathText(steps.order, names)}.`]),
    ...(sets === null
      ? []
      : [
          `Sets: mean size ${sets.meanSize.toFixed(3)}, ${(100 * sets.single).toFixed(1)} % with one label` +
            `${sets.coverage === null ? '' : `, coverage ${(100 * sets.coverage).toFixed(1)} %`}.`,
        ]),
    ...(note === null ? [] : [note]),
  ];
}

/** The models in the order in which they were chosen; `a ×3` for one that was chosen three times on end. */
function pathText(order: readonly number[], names: readonly string[]): string {
  const runs: { model: number; times: number }[] = [];
  for (const model of order) {
    const last = runs.at(-1);
    if (last?.model === model) last.times += 1;
    else runs.push({ model, times: 1 });
  }
  return runs.map(({ model, times }) => `${names[model]}${times === 1 ? '' : ` ×${times}`}`).join(', ');
}
