import type { Dataset, DatasetSplit } from '../../../datasets/types.ts';
import { columnWidths, encodedWidth } from '../../../datasets/tables/pipeline.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import { outputsOf } from '../../../engine/networks/specification.ts';
import { schedule } from '../../../engine/optimisers/schedules.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type { ExpertsFacts, Grant, JsonValue, Outcome, SuiteStart } from '../../../methods/contract.ts';
import { ExpertsProtocol } from '../../../methods/merging/shared/protocol.ts';
import { IidProtocol } from '../../../methods/training/contract.ts';
import type { IidProtocolParts, ResidentSplit, TableData, TableSplit } from '../../../methods/training/contract.ts';
import type { Augmentation } from '../../../methods/shared/augmentation.ts';
import type { Curve } from '../../../metrics/primitives.ts';
import type { Suite, SuiteEnvironment } from '../../contract.ts';
import { checkDataset, checkNumbers } from '../../shared/checks.ts';
import { once, resident, residentNumbers } from '../../shared/resident.ts';
import { iidData, NO_TABLE } from './iid-data.ts';
import type { IidData, IidDataDefinition } from './iid-data.ts';
import { IidEvaluator } from './iid-evaluator.ts';
import { classJudge, numberJudge } from './judges.ts';
import type { Answered, Asked } from './judges.ts';
import { targetScale } from './target-scale.ts';

export const PREDICTION_METRICS = ['acc.test', 'nll.test', 'ece15.test', 'brier.test'] as const;
export const NUMBER_METRICS = [
  'rmse.test',
  'mae.test',
  'r2.test',
  'normal-nll.test',
  'normal-crps.test',
  'normal-coverage90.test',
] as const;

const IID_GRANTS: readonly Grant[] = ['validation', 'extra-passes'];
const EXPERT_GRANTS: readonly Grant[] = [
  'validation',
  'extra-passes',
  'training-inputs',
  'unlabelled-test',
  'all-tasks',
];

/** Two networks of the trial's first two members, trained on all rows from seeds of their own. */
const twoMembers = (network: NetworkSpec, method: string): ExpertsFacts => ({
  start: null,
  members: [0, 1].map((member) => ({
    name: `member/${member}`,
    task: 0,
    method,
    hyperParameters: {},
    member,
  })),
  heads: [network.heads[0].name],
  frozenHeads: false,
});

/** A protocol of independent, identically distributed data: one training set, one network, one budget. */
export interface IidDefinition extends IidDataDefinition {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  /** Its shelf in the catalogue. */
  readonly family: string;
  /** `experts`: networks trained on these rows are handed out; else the rows are. */
  readonly kind?: 'rows' | 'experts';
  readonly scenario: string;
  readonly dataset: string;
  /** Further data sets, which its measures use. */
  readonly besides?: readonly string[];
  /** All rows of the data set are dealt out to so many folds, each of which is the test set once. */
  readonly folds?: number;
  readonly quickOf?: string;
  /** The data set is a table, which native learners may have as it is. */
  readonly table?: boolean;
  /** Names of the numbers that are to be told of a row; absent: its class is. */
  readonly numbers?: readonly string[];
  /** The width of its input follows from `pipeline`, where there is one. */
  readonly network: NetworkSpec;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
  /** The rate goes from 0 straight up over so many epochs, then straight down to 0; constant unless told. */
  readonly riseEpochs?: number;
  /** The networks that are handed out, where these are others than two that are trained here. */
  readonly experts?: ExpertsFacts;
  /** The hidden method that trains the networks which are handed out; `train-network` unless told. */
  readonly expert?: string;
  /** Transformations that keep a label, for the methods that augment. */
  readonly augmentation?: Augmentation;
  readonly references: { readonly lower: string; readonly upper: string };
  /** The trained network from which every trial begins, whatever its seed. */
  readonly start?: SuiteStart;
  /** What methods may ask for: validation rows and extra passes unless told; of experts everything that there is. */
  readonly grants?: readonly Grant[];
  readonly metrics?: readonly string[];
  /** Further facts of the protocol, for its hash. */
  readonly more?: Readonly<Record<string, JsonValue>>;
}

/** What a suite measures beside the predictions of its outcome. */
export type Measure = (
  outcome: Outcome,
  opened: {
    readonly environment: SuiteEnvironment;
    readonly data: IidData;
    readonly definition: IidDefinition;
    /** Made resident when first asked for. */
    train(): ResidentSplit;
    test(): ResidentSplit;
  },
  answered: Answered,
) => Promise<{ readonly curves: readonly Curve[]; readonly scalars?: Readonly<Record<string, number>> }>;

/** A suite of independent, identically distributed data from its protocol. */
export function iidSuite(definition: IidDefinition, measure?: Measure): Suite {
  const {
    id,
    version,
    title,
    summary,
    kind = 'rows',
    folds = 1,
    family,
    scenario,
    network,
    epochs,
    batchSize,
    optimiser,
    riseEpochs,
    grants = kind === 'experts' ? EXPERT_GRANTS : IID_GRANTS,
    start,
  } = definition;
  const experts =
    kind === 'experts' ? (definition.experts ?? twoMembers(network, definition.expert ?? 'train-network')) : undefined;
  return {
    id,
    version,
    title,
    summary,
    facts: {
      id,
      kind,
      family,
      scenario,
      network,
      tasks: 1,
      target: definition.numbers === undefined ? 'classes' : 'numbers',
      classes: outputsOf(network),
      online: false,
      ...(definition.table === true ? { table: true } : {}),
      folds,
      ...(start === undefined ? {} : { start }),
      grants,
      ...(experts === undefined ? {} : { experts }),
    },
    quick: definition.quickOf !== undefined,
    quickOf: definition.quickOf ?? null,
    datasets: [definition.dataset, ...(definition.besides ?? [])],
    network,
    budget: { epochs, batchSize, optimiser },
    metrics: definition.metrics ?? (definition.numbers === undefined ? PREDICTION_METRICS : NUMBER_METRICS),
    references: definition.references,
    protocol: {
      scenario,
      dataset: definition.dataset,
      limit: definition.limit,
      scaling: definition.scaling,
      ...(folds === 1
        ? {}
        : { folds, foldsAre: 'all rows of the data set, stratified by class, the same for every seed' }),
      ...tableTerms(definition),
      validationShare: definition.validationShare,
      augmentation: definition.augmentation === undefined ? null : { ...definition.augmentation },
      epochs,
      batchSize,
      ...(start === undefined ? {} : { start: { ...start } }),
      ...(riseEpochs === undefined ? {} : { rate: `straight up over ${riseEpochs} epochs, then straight down to 0` }),
      ...(definition.expert === undefined ? {} : { expert: definition.expert }),
      ...definition.more,
    },
    async open(environment) {
      const { engine, stream } = environment;
      const dataset = await environment.dataset(definition.dataset);
      check(definition, dataset);
      const data = iidData(dataset, definition);
      const shape = network.input;
      const scale = definition.numbers === undefined ? null : targetScale(definition.numbers, data.train);
      const made = (name: string, split: DatasetSplit): (() => ResidentSplit) =>
        once(() =>
          scale === null ? resident(engine, name, split, shape) : residentNumbers(engine, name, split, shape, scale),
        );
      const train = made('train', data.train);
      const validation = made('validation', data.validation);
      // A development variant has the published experts: what is made of them is judged on validation rows.
      const judged = experts !== undefined && environment.variant === 'dev' ? data.validation : data.test;
      const test = judged === data.validation ? validation : made('test', judged);
      const unlabelledTest = (): Pick<ResidentSplit, 'x' | 'rows'> => ({ rows: test().rows, x: test().x });
      const parts: IidProtocolParts = {
        train,
        validation,
        ...(grants.includes('unlabelled-test') ? { unlabelledTest } : {}),
        trainRows: data.train.rows,
        outputs: outputsOf(network),
        numbers: scale,
        table: tableOf(dataset, data, definition),
        epochs,
        batchSize,
        optimiser,
        ...(riseEpochs === undefined
          ? {}
          : {
              schedule: (lr: number, steps: number) =>
                schedule({ kind: 'triangle', rise: (steps * riseEpochs) / epochs, steps }, lr),
            }),
        augmentation: definition.augmentation ?? null,
        hasStart: start !== undefined,
      };
      const protocol =
        experts === undefined
          ? new IidProtocol(kind, parts)
          : new ExpertsProtocol({
              facts: experts,
              tasks: [
                { ...parts, head: network.heads[0].name, trainingInputs: train, normInputs: train, unlabelledTest },
              ],
              source: null,
            });
      const judge = scale === null ? classJudge(dataset.classes, stream) : numberJudge(scale.names, stream);
      const columns = dataset.table?.columns ?? null;
      const onTest: Asked = { name: 'test', rows: judged, columns, inputs: test };
      const onValidation: Asked = { name: 'validation', rows: data.validation, columns, inputs: validation };
      return new IidEvaluator(
        protocol,
        async (outcome) => {
          if (outcome.predictor === undefined) throw new Error(`A method on ${id} ended without a predictor.`);
          const asked = data.validation.rows === 0 ? [onTest] : [onTest, onValidation];
          const answered = await judge.judge(outcome.predictor, asked);
          const opened = { environment, data, definition, train, test };
          const measured = { curves: [], scalars: {}, ...(await measure?.(outcome, opened, answered)) };
          const { members: _members, ...predicted } = answered;
          return { matrices: {}, ...measured, ...predicted };
        },
        (predictor) => judge.validate(predictor, onValidation),
      );
    },
  };
}

/** What the protocol says of a table's encoding and target. Suites of before have neither, and need not say so. */
function tableTerms({ pipeline, numbers }: IidDefinition): Readonly<Record<string, JsonValue>> {
  return {
    ...(pipeline === undefined ? {} : { pipeline: { ...pipeline, fittedOn: 'training rows' } }),
    ...(numbers === undefined ? {} : { target: { numbers: [...numbers], scaling: 'standardised by training rows' } }),
  };
}

function check({ id, network, numbers, pipeline }: IidDefinition, dataset: Dataset): void {
  const width = network.input.reduce((product, size) => product * size, 1);
  const encoded = pipeline === undefined ? undefined : encodedWidth(dataset.table?.columns ?? [], pipeline);
  if (numbers === undefined)
    checkDataset(id, dataset, { width, encoded, classes: outputsOf(network), everyClass: true });
  else checkNumbers(id, dataset, { width, encoded, numbers: numbers.length });
}

function tableOf({ table }: Dataset, { train, validation }: IidData, { network, pipeline }: IidDefinition) {
  if (table === undefined) return null;
  const { columns } = table;
  // An encoding of the data set's own does not say which of its numbers are one column: each is taken as one.
  const widths = pipeline === undefined ? network.input.flatMap(onesOf) : columnWidths(columns, pipeline);
  return {
    columns,
    widths,
    inputs: train.x,
    train: tableSplit(train),
    validation: () => tableSplit(validation),
  } satisfies TableData;
}

const onesOf = (size: number): readonly number[] => Array.from({ length: size }, () => 1);

const tableSplit = ({ rows, y, table }: DatasetSplit): TableSplit => ({
  count: rows,
  rows: table ?? NO_TABLE,
  classes: y,
});
