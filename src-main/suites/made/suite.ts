import type { DatasetInfo } from '../../datasets/types.ts';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { OptimiserSpec } from '../../engine/types.ts';
import { formatInteger } from '../../metrics/format.ts';
import { splitSuite } from '../continual/shared/split-suite.ts';
import type { Suite } from '../contract.ts';
import { inputsOf, TABLE_SUITES } from '../shared/table-suite.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';
import { formKinds, madeId, taskSizes, usualForm } from './form.ts';
import type { ExpertsForm, SuiteForm } from './form.ts';

/** Ids of suites that a set of images is by itself: `split/<dataset>`. */
const IMAGE_SUITES = 'split/';
/** Ids of suites of networks that were trained elsewhere. */
const EXPERTS_SUITES = 'experts/';

/** Whether this is the id of a suite that a data set is, by itself or by a form. */
export const isDataSuite = (id: string): boolean =>
  [TABLE_SUITES, IMAGE_SUITES, EXPERTS_SUITES].some((start) => id.startsWith(start));

/**
 * The stream that a set of images with at least four classes is as soon as it is here: tasks of consecutive classes, by
 * one protocol for all. Null for tables, for fewer classes, and for what is not here.
 */
export function imageSuite(info: DatasetInfo): Suite | null {
  if (info.state === 'absent' || !formKinds(info).includes('split')) return null;
  const form = usualForm(info, 'split', 'usual');
  return form.kind === 'split' ? streamOf(form, info, `${IMAGE_SUITES}${info.id}`, `${info.title}, split`) : null;
}

/** The suite that a form over a data set is. Throws RangeError, in a sentence, where the data is not made for it. */
export function madeSuite(form: SuiteForm, info: DatasetInfo): Suite {
  const id = madeId(form);
  if (info.id !== form.dataset) throw new RangeError(`${id} is about ${form.dataset}, not ${info.id}.`);
  if (form.kind === 'split') return streamOf(form, info, id, `${info.title}, ${form.name}`);
  return form.kind === 'experts' ? expertsOf(form, info, id) : rowsOf(form, info, id);
}

const optimiserOf = ({ optimiser, rate }: SuiteForm): OptimiserSpec =>
  optimiser === 'adam' ? { kind: 'adam', lr: rate } : { kind: 'sgd', lr: rate, momentum: 0.9 };

const budgetText = (form: SuiteForm): string =>
  `MLP ${form.hidden.join('-') || 'without hidden layers'}, ${form.epochs} epochs, batch ${form.batchSize}, ` +
  `${form.optimiser === 'adam' ? 'Adam' : 'SGD, momentum 0.9,'} ${form.rate}`;

function rowsOf(form: Extract<SuiteForm, { kind: 'rows' }>, info: DatasetInfo, id: string): Suite {
  const target = info.table?.target;
  const numbers = target?.kind === 'numbers' ? target.names : undefined;
  if (numbers === undefined && info.classes.length < 2)
    throw new RangeError(`${info.id} has fewer than two classes, so there is nothing to tell apart.`);
  const { input, encoding } = inputsOf(info);
  const network = (outputs: number): NetworkSpec => mlp({ input, hidden: form.hidden, outputs, init: 'torch-default' });
  return iidSuite({
    id,
    version: 1,
    title: `${info.title}, ${form.name}`,
    summary:
      `${formatInteger(info.rows.train)} training rows; ${budgetText(form)}` +
      `${form.folds === 1 ? '' : `; ${form.folds} folds, each tested once`}.`,
    family: info.kind === 'table' ? 'tables' : 'training',
    scenario: form.folds === 1 ? 'iid' : 'iid, folds',
    dataset: info.id,
    folds: form.folds,
    ...(info.table === null ? {} : { table: true }),
    ...encoding,
    ...(numbers === undefined ? {} : { numbers }),
    validationShare: form.validationShare,
    limit: null,
    network: network(numbers?.length ?? info.classes.length),
    epochs: form.epochs,
    batchSize: form.batchSize,
    optimiser: optimiserOf(form),
    references: { lower: numbers === undefined ? 'majority-class' : 'target-mean', upper: 'deep-ensemble' },
  });
}

function streamOf(form: Extract<SuiteForm, { kind: 'split' }>, info: DatasetInfo, id: string, title: string): Suite {
  const classes = info.classes.length;
  if (!formKinds(info).includes('split'))
    throw new RangeError(
      `${info.id} is ${info.kind === 'table' ? 'a table' : `a set of ${classes} classes`}; a stream takes images of ` +
        'at least four classes that can be cut into equal tasks.',
    );
  if (!taskSizes(classes).includes(form.classesPerTask))
    throw new RangeError(
      `${classes} classes cannot be cut into tasks of ${form.classesPerTask}. Tasks of ` +
        `${taskSizes(classes).join(', ')} classes would do.`,
    );
  const width = info.shape.reduce((product, size) => product * size, 1);
  const tasks = classes / form.classesPerTask;
  return splitSuite({
    id,
    version: 1,
    title: `${title}, ${form.scenario.replace('-il', '-IL')}`,
    summary: `${tasks} tasks of ${form.classesPerTask} consecutive classes; ${budgetText(form)} a task.`,
    scenario: form.scenario,
    dataset: info.id,
    classes,
    classesPerTask: form.classesPerTask,
    rowsPerClass: form.rowsPerClass === null ? null : { train: form.rowsPerClass, test: form.rowsPerClass },
    transform: { kind: 'none' },
    width,
    inputShape: [width],
    network: (outputs) => mlp({ input: width, hidden: form.hidden, outputs, init: 'torch-default' }),
    epochs: form.epochs,
    batchSize: form.batchSize,
    optimiser: optimiserOf(form),
  });
}

/** Networks that were trained elsewhere, of one architecture and on one data set, handed out to be merged. */
function expertsOf(form: ExpertsForm, info: DatasetInfo, id: string): Suite {
  if (info.kind !== 'image' || info.classes.length < 2)
    throw new RangeError(`${info.id} is no set of images with classes, on which experts could be judged.`);
  const width = info.shape.reduce((product, size) => product * size, 1);
  const network = mlp({ input: width, hidden: form.hidden, outputs: info.classes.length, init: 'torch-default' });
  const given = ({ file, sha256 }: ExpertsForm['models'][number]) => ({
    method: 'given-expert',
    hyperParameters: { file, sha256 },
  });
  return iidSuite({
    id,
    version: 1,
    title: `${info.title}, ${form.name}`,
    summary: `${form.models.length} networks of your own, judged on ${info.title}; ${budgetText(form)} for joint training.`,
    family: 'merging',
    kind: 'experts',
    scenario: 'experts trained elsewhere',
    dataset: info.id,
    scaling: 'none',
    limit: null,
    validationShare: form.validationShare,
    network,
    epochs: form.epochs,
    batchSize: form.batchSize,
    optimiser: optimiserOf(form),
    experts: {
      start: form.start === null ? null : given(form.start),
      members: form.models.map((model, index) => ({
        name: `member/${index}`,
        task: 0,
        ...given(model),
        member: null,
      })),
      heads: [network.heads[0].name],
      frozenHeads: false,
    },
    references: { lower: 'best-single', upper: 'prediction-ensemble' },
    more: { models: form.models.map(({ sha256 }) => sha256), start: form.start?.sha256 ?? null },
  });
}
