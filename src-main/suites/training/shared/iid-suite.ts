import { z } from 'zod';
import type { DatasetSplit } from '../../../datasets/types.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import { outputsOf } from '../../../engine/networks/specification.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type {
  ExpertsFacts,
  Grant,
  JsonValue,
  Outcome,
  Predictor,
  Protocol,
  Question,
} from '../../../methods/contract.ts';
import { ExpertsProtocol } from '../../../methods/merging/shared/protocol.ts';
import { IidProtocol } from '../../../methods/training/contract.ts';
import type { IidProtocolParts, ResidentSplit } from '../../../methods/training/contract.ts';
import type { Augmentation } from '../../../methods/shared/augmentation.ts';
import { classAnswers } from '../../../methods/answers.ts';
import { softmaxRows } from '../../../methods/shared/softmax.ts';
import { accuracy, negativeLogLikelihood } from '../../../metrics/predictions.ts';
import type { Curve, Primitives, SampleProbabilities } from '../../../metrics/primitives.ts';
import type { OpenSuite, Suite, SuiteEnvironment } from '../../contract.ts';
import { checkDataset } from '../../shared/checks.ts';
import { once, resident } from '../../shared/resident.ts';
import { iidData } from './iid-data.ts';
import type { IidData, IidDataDefinition } from './iid-data.ts';

export const PREDICTION_METRICS = ['acc.test', 'nll.test', 'ece15.test', 'brier.test'] as const;

const IID_GRANTS: readonly Grant[] = ['validation', 'extra-passes'];
const EXPERT_GRANTS: readonly Grant[] = [
  'validation',
  'extra-passes',
  'training-inputs',
  'unlabelled-test',
  'all-tasks',
];

/** Two networks of the trial's first two members, trained on all rows from seeds of their own. */
const twoMembers = (network: NetworkSpec): ExpertsFacts => ({
  start: null,
  members: [0, 1].map((member) => ({
    name: `member/${member}`,
    task: 0,
    method: 'train-network',
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
  /** All rows of the data set are dealt out to so many folds, each of which is the test set once. */
  readonly folds?: number;
  readonly quickOf?: string;
  readonly network: NetworkSpec;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
  /** Transformations that keep a label, for the methods that augment. */
  readonly augmentation?: Augmentation;
  readonly references: { readonly lower: string; readonly upper: string };
  /** What methods may ask for: validation rows and extra passes unless told; of experts everything that there is. */
  readonly grants?: readonly Grant[];
  readonly metrics?: readonly string[];
  /** Further facts of the protocol, for its hash. */
  readonly more?: Readonly<Record<string, JsonValue>>;
}

/** The curves that a family measures beside the predictions of its outcome. */
export type Measure = (
  outcome: Outcome,
  opened: {
    readonly environment: SuiteEnvironment;
    readonly data: IidData;
    readonly definition: IidDefinition;
    /** Made resident when first asked for. */
    test(): ResidentSplit;
  },
) => Promise<readonly Curve[]>;

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
    grants = kind === 'experts' ? EXPERT_GRANTS : IID_GRANTS,
  } = definition;
  const experts = kind === 'experts' ? twoMembers(network) : undefined;
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
      target: 'classes',
      classes: outputsOf(network),
      online: false,
      folds,
      grants,
      ...(experts === undefined ? {} : { experts }),
    },
    quick: definition.quickOf !== undefined,
    quickOf: definition.quickOf ?? null,
    datasets: [definition.dataset],
    network,
    budget: { epochs, batchSize, optimiser },
    metrics: definition.metrics ?? PREDICTION_METRICS,
    references: definition.references,
    protocol: {
      scenario,
      dataset: definition.dataset,
      limit: definition.limit,
      scaling: definition.scaling,
      ...(folds === 1
        ? {}
        : { folds, foldsAre: 'all rows of the data set, stratified by class, the same for every seed' }),
      validationShare: definition.validationShare,
      augmentation: definition.augmentation === undefined ? null : { ...definition.augmentation },
      epochs,
      batchSize,
      ...definition.more,
    },
    async open(environment) {
      const dataset = await environment.dataset(definition.dataset);
      const shape = network.input;
      checkDataset(id, dataset, {
        width: shape.reduce((product, size) => product * size, 1),
        classes: outputsOf(network),
        everyClass: true,
      });
      const data = iidData(dataset, definition);
      const { engine } = environment;
      const train = once(() => resident(engine, 'train', data.train, shape));
      const validation = once(() => resident(engine, 'validation', data.validation, shape));
      const test = once(() => resident(engine, 'test', data.test, shape));
      const unlabelledTest = (): Pick<ResidentSplit, 'x' | 'rows'> => ({ rows: test().rows, x: test().x });
      const parts: IidProtocolParts = {
        train,
        validation,
        ...(grants.includes('unlabelled-test') ? { unlabelledTest } : {}),
        trainRows: data.train.rows,
        outputs: outputsOf(network),
        epochs,
        batchSize,
        optimiser,
        augmentation: definition.augmentation ?? null,
      };
      const protocol =
        experts === undefined
          ? new IidProtocol(kind, parts)
          : new ExpertsProtocol({
              facts: experts,
              tasks: [{ ...parts, head: network.heads[0].name, trainingInputs: train, unlabelledTest }],
              source: null,
            });
      const questioned = (split: string) => ({
        classNames: dataset.classes,
        stream: (name: string) => environment.stream(`answers/${split}/${name}`),
      });
      return new IidEvaluator(
        protocol,
        async (outcome) => {
          if (outcome.predictor === undefined) throw new Error(`A method on ${id} ended without a predictor.`);
          const probabilities = {
            test: await judge(outcome.predictor, test(), data.test, questioned('test')),
            validation: await judge(outcome.predictor, validation(), data.validation, questioned('validation')),
          };
          const curves = (await measure?.(outcome, { environment, data, definition, test })) ?? [];
          return { matrices: {}, curves, scalars: {}, probabilities };
        },
        async (predictor) => judge(predictor, validation(), data.validation, questioned('validation')),
      );
    },
  };
}

const savedSchema = z.object({
  points: z.array(z.object({ epoch: z.number(), accuracy: z.number(), loss: z.number() })),
});

/** Judges on validation data after epochs that a method offers, on test data only at the end. */
class IidEvaluator implements OpenSuite {
  readonly protocol: Protocol;
  readonly #finish: (outcome: Outcome) => Promise<Primitives>;
  readonly #validate: (predictor: Predictor) => Promise<SampleProbabilities>;
  #points: { epoch: number; accuracy: number; loss: number }[] = [];

  constructor(
    protocol: Protocol,
    finish: (outcome: Outcome) => Promise<Primitives>,
    validate: (predictor: Predictor) => Promise<SampleProbabilities>,
  ) {
    this.protocol = protocol;
    this.#finish = finish;
    this.#validate = validate;
  }

  async evaluate({
    stage,
    predictor,
  }: {
    stage: number;
    predictor: Predictor;
  }): Promise<Readonly<Record<string, number>>> {
    const samples = await this.#validate(predictor);
    const point = { epoch: stage + 1, accuracy: accuracy(samples) ?? 0, loss: negativeLogLikelihood(samples) ?? 0 };
    this.#points.push(point);
    return { 'accuracy.validation': point.accuracy, 'loss.validation': point.loss };
  }

  save(): JsonValue {
    return { points: this.#points };
  }

  restore(saved: JsonValue): void {
    this.#points = savedSchema.parse(saved).points;
  }

  /** The curves of validation. */
  soFar(): Primitives {
    const curve = (name: string, value: (point: { accuracy: number; loss: number }) => number) => ({
      name,
      x: 'epoch' as const,
      points: this.#points.map((point) => [point.epoch, value(point)] as const),
    });
    const curves =
      this.#points.length === 0
        ? []
        : [curve('accuracy.validation', (p) => p.accuracy), curve('loss.validation', (p) => p.loss)];
    return { matrices: {}, probabilities: {}, curves, scalars: {} };
  }

  async finish(outcome: Outcome): Promise<Primitives> {
    const primitives = await this.#finish(outcome);
    return { ...primitives, curves: [...primitives.curves, ...this.soFar().curves] };
  }
}

async function judge(
  predictor: Predictor,
  { x, rows }: ResidentSplit,
  { y }: DatasetSplit,
  { classNames, stream }: { readonly classNames: readonly string[] } & Pick<Question, 'stream'>,
): Promise<SampleProbabilities> {
  const classes = classNames.length;
  const { kind, values } = classAnswers(await predictor.answer({ inputs: x, rows, stream }), rows, classes);
  return kind === 'scores'
    ? { classes, values, scores: true, labels: y, classNames }
    : { classes, values: softmaxRows(values, classes), labels: y, classNames };
}
