import type { Command } from 'commander';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { DatasetInfo, WorkbenchClient } from '../workbench/contract/contract.ts';
import { formKinds, suiteForm, usualForm } from '../suites/made/form.ts';
import type { SuiteForm } from '../suites/made/form.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';

interface FormArguments {
  readonly name: string;
  readonly kind?: string;
  readonly folds?: string;
  readonly validation?: string;
  readonly hidden?: string;
  readonly epochs?: string;
  readonly batch?: string;
  readonly optimiser?: string;
  readonly rate?: string;
  readonly scenario?: string;
  readonly tasksOf?: string;
  readonly rowsPerClass?: string;
  readonly models?: readonly string[];
  readonly start?: string;
  readonly json: boolean;
}

/** `touchstone suite …`: a person's own protocols over data sets. */
export function addSuite(program: Command, shell: Shell): void {
  const suite = program.command('suite').description('suites of your own: a protocol over a data set by a small form');
  suite
    .command('make <dataset>')
    .description('make a suite of a data set; what is not given is as usual, and nothing of it can be changed later')
    .requiredOption('-n, --name <name>', 'its name: the suite is rows/<dataset>/<name> or split/<dataset>/<name>')
    .option(
      '--kind <kind>',
      'rows: one training set; split: a stream of tasks of classes; experts: networks of your own to merge',
    )
    .option('--hidden <units>', 'hidden layers of the MLP: 64,64')
    .option('--epochs <n>', 'passes over the training rows, of a stream for each task')
    .option('--batch <n>', 'rows of a batch')
    .option('--optimiser <name>', 'adam or sgd (momentum 0.9)')
    .option('--rate <rate>', 'learning rate')
    .option('--models <files...>', 'experts: safetensors files of networks that were trained elsewhere, on this data')
    .option('--start <file>', 'experts: the network that they were all trained from')
    .option('--folds <n>', 'rows: deal all rows out to so many folds, each tested once')
    .option('--validation <share>', 'rows: share of the training rows that validates')
    .option('--scenario <scenario>', 'split: task-il, domain-il or class-il')
    .option('--tasks-of <classes>', 'split: classes of each task')
    .option('--rows-per-class <n>', 'split: at most so many training rows of each class')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  touchstone suite make wine --name wide --hidden 256 --folds 10\n  touchstone suite make ' +
        'optdigits --name five --kind split --tasks-of 5 --scenario task-il',
    )
    .action((dataset: string, options: FormArguments) =>
      answer(
        shell,
        options.json,
        async (client) => client.call('suite.make', formOf(await datasetOf(client, dataset), options)),
        (made) => `${made.id} is a suite now.\n${made.summary}\nIts protocol: ${made.protocolHash.slice(0, 12)}`,
      ),
    );
  suite
    .command('remove <id>')
    .description('forget a suite that was made by a form; results that were measured on it stay')
    .addOption(jsonOption())
    .action((id: string, options: { json: boolean }) =>
      answer(
        shell,
        options.json,
        (client) => client.call('suite.remove', { id }),
        (removed) => `${removed.id} is no suite any more; its results stay.`,
      ),
    );
}

const invalid = (message: string, remedy: string | null = null): WorkbenchError =>
  new WorkbenchError({ kind: 'invalid-input', message, remedy, details: null });

async function datasetOf(client: WorkbenchClient, id: string): Promise<DatasetInfo> {
  const found = (await client.call('data.list', {})).find((one) => one.id === id);
  if (found === undefined)
    throw new WorkbenchError({
      kind: 'not-found',
      message: `There is no data set "${id}".`,
      remedy: 'See `touchstone data list`.',
      details: null,
    });
  return found;
}

/** The usual form of a data set with what was given in its place. Throws in a sentence. */
export function formOf(data: DatasetInfo, options: FormArguments): SuiteForm {
  if (options.kind === 'experts' || options.models !== undefined) return expertsFormOf(data, options);
  const kinds = formKinds(data);
  const kind = kinds.find((one) => one === (options.kind ?? kinds[0]));
  if (kind === undefined)
    throw invalid(
      `${data.id} cannot become a suite of the kind "${options.kind ?? ''}".`,
      `It can become one of ${kinds.join(' or ')}.`,
    );
  return parsedForm(kind, { ...usualForm(data, kind, options.name), ...givenFields(options) });
}

function parsedForm(kind: string, form: object): SuiteForm {
  const parsed = suiteForm.safeParse(form);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const isOther = issue?.code === 'unrecognized_keys';
  throw invalid(
    isOther
      ? `A suite of the kind "${kind}" has no ${issue.keys.join(', ')}.`
      : `${issue?.path.join('.') ?? 'The form'}: ${issue?.message ?? 'is wrong'}.`,
    'See `touchstone suite make --help`.',
  );
}

/** What was given of the fields, by their names in a form. */
function givenFields(options: FormArguments): object {
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  const given = {
    hidden: options.hidden === undefined ? undefined : options.hidden.split(',').filter(Boolean).map(Number),
    epochs: number(options.epochs),
    batchSize: number(options.batch),
    optimiser: options.optimiser,
    rate: number(options.rate),
    folds: number(options.folds),
    validationShare: number(options.validation),
    scenario: options.scenario,
    classesPerTask: number(options.tasksOf),
    rowsPerClass: number(options.rowsPerClass),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A suite of networks that were trained elsewhere. */
function expertsFormOf(data: DatasetInfo, options: FormArguments): SuiteForm {
  if (options.models === undefined)
    throw invalid('Say which networks are handed out: --models a.safetensors b.safetensors.');
  const { dataset, name, hidden, epochs, batchSize, optimiser, rate } = usualForm(data, 'rows', options.name);
  const given = (file: string) => ({ file: givenPath(file) });
  return parsedForm('experts', {
    kind: 'experts',
    ...{ dataset, name, hidden, epochs, batchSize, optimiser, rate },
    validationShare: 0.1,
    ...givenFields(options),
    models: options.models.map(given),
    start: options.start === undefined ? null : given(options.start),
  });
}
