import { Option } from 'commander';
import type { Command } from 'commander';
import { KINDS } from '../ensemble/kinds.ts';
import type { PredictionKind } from '../ensemble/kinds.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { importedText } from './imported-text.ts';
import { jsonOption } from './options.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';

interface PredictionArguments {
  readonly labels: string;
  readonly name: string;
  readonly origin: string;
  readonly suite?: string;
  readonly kind?: PredictionKind;
  readonly json: boolean;
}

const HELP = `
One file a model: .npy, .npz (file.npz:array), Parquet or CSV; rows are examples, columns classes, one column is a number.
Two files of one name need their seeds.

Examples:
  touchstone import predictions "Forest=rf.npy" "Boosting=gbm.npy" --labels y.npy --name "Our models" --origin "scikit-learn 1.9"
  touchstone import predictions "Net:0=net-0.npy" "Net:1=net-1.npy" --suite rows/car --labels y.npy --name Ours --origin "PyTorch"`;

/** `touchstone import predictions`: what models that were trained elsewhere say of test rows, on a board. */
export function addImportPredictions(parent: Command, shell: Shell): void {
  parent
    .command('predictions')
    .description('put predictions of models that were trained elsewhere on a board')
    .argument('<models...>', 'name=file, or name:seed=file')
    .requiredOption('--labels <file>', 'what is true of the rows')
    .requiredOption('-n, --name <name>', 'name of the study that they become')
    .requiredOption('--origin <words>', 'where they come from; stands with every result')
    .option(
      '--suite <suite>',
      'put them beside its results: they were trained by its protocol, and the rows are its test rows, in their order',
    )
    .addOption(new Option('--kind <kind>', 'what the numbers are; told by them unless given').choices(KINDS))
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((models: string[], _options: unknown, command: Command) => {
      // The parent has options of the same names.
      const options = command.optsWithGlobals<PredictionArguments>();
      return runCommand(shell, options.json, () => importPredictions(shell, models, options));
    });
}

async function importPredictions(shell: Shell, models: readonly string[], options: PredictionArguments) {
  const { name, origin, suite, labels, kind, json } = options;
  return shell.withWorkbench(async (client) => {
    const imported = await client.call('predictions.import', {
      name,
      origin,
      suite: suite ?? null,
      models: models.map(modelOf),
      labels: givenPath(labels),
      kind: kind ?? null,
    });
    shell.out(json ? JSON.stringify(imported, null, 2) : importedText(imported));
    return EXIT.ok;
  });
}

function modelOf(text: string) {
  const [, name = '', seed = '0', file = ''] = /^([^=]*?)(?::(\d{1,15}))?=(.+)$/.exec(text) ?? [];
  if (name.trim() === '')
    throw new WorkbenchError({
      kind: 'invalid-input',
      message: `A model is named name=file, not "${text}".`,
      remedy: null,
      details: null,
    });
  return { name: name.trim(), seed: Number(seed), file: givenPath(file) };
}
