import type { DatasetSplit } from '../../../datasets/types.ts';
import { stream as namedStream } from '../../../engine/random/streams.ts';
import type { Variable } from '../../../engine/types.ts';
import { classAnswers } from '../../../methods/answers.ts';
import type { Predictor } from '../../../methods/contract.ts';
import { softmaxRows } from '../../../methods/shared/softmax.ts';
import { disagreement } from '../../../metrics/diversity.ts';
import { separation } from '../../../metrics/out-of-distribution.ts';
import { accuracy, negativeLogLikelihood, topClasses } from '../../../metrics/predictions.ts';
import type { Curve, SampleProbabilities } from '../../../metrics/primitives.ts';
import { confidencesOf, risks } from '../../../metrics/selective.ts';
import type { Suite, SuiteEnvironment } from '../../contract.ts';
import { blurred, noisy, ofContrast, shapedAs, turned } from '../../shared/image-looks.ts';
import type { ImageLook, ImageShape } from '../../shared/image-looks.ts';
import { splitRows } from '../../shared/rows.ts';
import { iidSuite, PREDICTION_METRICS } from '../../training/shared/iid-suite.ts';
import type { IidDefinition } from '../../training/shared/iid-suite.ts';

export interface UncertaintySettings {
  /** Another data set, of whose test images so many are of no class of the suite. */
  readonly outside: { readonly dataset: string; readonly rows: number };
  /** So many of the test rows are judged in each corruption, too. */
  readonly corruptedRows: number;
}

/** Five strengths of each corruption; those of contrast are ImageNet-C's (Hendrycks & Dietterich 2019), others ours. */
const CORRUPTIONS: Readonly<Record<string, { readonly strengths: readonly number[]; readonly look: Corruption }>> = {
  noise: { strengths: [0.08, 0.12, 0.18, 0.26, 0.38], look: noisy },
  blur: { strengths: [0.5, 0.75, 1, 1.5, 2], look: blurred },
  rotation: { strengths: [10, 20, 30, 45, 60], look: turned },
  contrast: { strengths: [0.75, 0.5, 0.4, 0.3, 0.15], look: ofContrast },
};
type Corruption = (strength: number, shape: ImageShape) => ImageLook;

/** Points of the risk-coverage curve that is kept. */
const COVERAGES = 100;

const METRICS = [
  ...PREDICTION_METRICS,
  'adaptive-ece15.test',
  'aurc.test',
  'disagreement.test',
  'auroc.ood',
  'fpr95.ood',
  'acc.corrupted',
  'nll.corrupted',
] as const;

/**
 * A suite of images that also asks how sure its answers are where they should not be: on images of another data set,
 * and on test images with noise, blur, rotation and contrast at five strengths. Both are the same for every method and
 * seed.
 */
export function uncertaintySuite(
  definition: Omit<IidDefinition, 'besides' | 'metrics' | 'more'>,
  { outside, corruptedRows }: UncertaintySettings,
): Suite {
  const corruptions = Object.fromEntries(
    Object.entries(CORRUPTIONS).map(([name, { strengths }]) => [name, [...strengths]]),
  );
  return iidSuite(
    {
      ...definition,
      besides: [outside.dataset],
      metrics: METRICS,
      more: { outside: { ...outside }, corruptions, corruptedRows },
    },
    async ({ predictor }, { environment, data, definition: { network } }, { probabilities, members }) => {
      const { test } = probabilities;
      if (predictor === undefined || test === undefined) return { curves: [], scalars: {} };
      const shape = imageShape(network.input);
      const asked = new Asked(environment, predictor, test.classes, shape);
      const curves = test.scores === true ? [] : [riskCurve(test)];
      const other = await environment.dataset(outside.dataset);
      const from = imageShape(other.shape);
      const strangers = chosen(other.test, outside.rows, from, `suites/outside/${other.id}`);
      const strange = await asked.about('outside', { ...strangers, x: shapedAs(strangers.x, from, shape) });
      const rows = chosen(data.test, corruptedRows, shape, `suites/corrupted/${definition.dataset}`);
      const plain = await asked.about('corrupted/none', rows);
      for (const [name, { strengths, look }] of Object.entries(CORRUPTIONS)) {
        const judged = [plain];
        for (const [at, strength] of strengths.entries()) {
          const stream = `suites/corrupted/${definition.dataset}/${name}/${at + 1}`;
          judged.push(await asked.about(`corrupted/${name}${at + 1}`, looking(rows, look(strength, shape), stream)));
        }
        curves.push(...corruptionCurves(name, judged));
      }
      const apart = disagreement(members?.test ?? [], test.classes);
      return { curves, scalars: { ...outsideScalars(test, strange), ...(apart !== null && { disagreement: apart }) } };
    },
  );
}

function imageShape(shape: readonly number[]): ImageShape {
  const [height, width, channels] = shape;
  if (shape.length !== 3) throw new Error(`A suite of images has examples of three axes, not ${shape.join(' × ')}.`);
  return [height, width, channels];
}

/** So many rows of a split, drawn once for all trials. */
function chosen(split: DatasetSplit, rows: number, shape: ImageShape, name: string): DatasetSplit {
  const order = namedStream(0, name).permutation(split.rows).subarray(0, rows);
  return splitRows(
    split,
    order,
    shape.reduce((product, size) => product * size, 1),
  );
}

function looking({ rows, x, y }: DatasetSplit, look: ImageLook, name: string): DatasetSplit {
  const stream = namedStream(0, name);
  const [out, size] = [new Float32Array(x.length), x.length / rows];
  for (let at = 0; at < x.length; at += size) look(x.subarray(at, at + size), out.subarray(at, at + size), stream);
  return { rows, x: out, y };
}

/** Asks a predictor about images; those of one number share a variable, and so one recorded step. */
class Asked {
  readonly #environment: SuiteEnvironment;
  readonly #predictor: Predictor;
  readonly #classes: number;
  readonly #shape: ImageShape;
  readonly #inputs = new Map<number, Variable>();

  constructor(environment: SuiteEnvironment, predictor: Predictor, classes: number, shape: ImageShape) {
    this.#environment = environment;
    this.#predictor = predictor;
    this.#classes = classes;
    this.#shape = shape;
  }

  async about(name: string, { rows, x, y: labels }: DatasetSplit): Promise<SampleProbabilities> {
    const { engine, stream } = this.#environment;
    const inputs =
      this.#inputs.get(rows) ??
      engine.variable(`uncertainty/${rows}/x`, { shape: [rows, ...this.#shape], dtype: 'float32' });
    this.#inputs.set(rows, inputs);
    engine.write(inputs, x);
    const answers = await this.#predictor.answer({ inputs, rows, stream: (own) => stream(`answers/${name}/${own}`) });
    const { kind, values } = classAnswers(answers, rows, this.#classes);
    const classes = this.#classes;
    return kind === 'scores'
      ? { classes, values, scores: true, labels }
      : { classes, values: softmaxRows(values, classes), labels };
  }
}

/** Accuracy and, where there are probabilities, likelihood over the strength; 0 is the same rows as they are. */
function corruptionCurves(name: string, judged: readonly SampleProbabilities[]): Curve[] {
  const curve = (of: string, value: (p: SampleProbabilities) => number | null): Curve => ({
    name: `${of}.${name}`,
    x: 'strength',
    points: judged.map((p, strength) => [strength, value(p) ?? Number.NaN] as const),
  });
  return judged.some(({ scores }) => scores === true)
    ? [curve('accuracy', accuracy)]
    : [curve('accuracy', accuracy), curve('nll', negativeLogLikelihood)];
}

function riskCurve(test: SampleProbabilities): Curve {
  const { confidence, errors } = confidencesOf(test);
  const found = risks(confidence, errors);
  const count = Math.min(COVERAGES, found.length);
  const points = Array.from({ length: count }, (_, at) => {
    const answered = Math.ceil(((at + 1) * found.length) / count);
    return [answered / found.length, found[answered - 1]] as const;
  });
  return { name: 'risk', x: 'coverage', points };
}

/** How well 1 − the largest probability tells the images of the other data set from the test images. */
function outsideScalars(test: SampleProbabilities, strange: SampleProbabilities): Readonly<Record<string, number>> {
  if (test.scores === true) return {};
  const unsure = (p: SampleProbabilities): Float32Array => topClasses(p).confidence.map((value) => 1 - value);
  const found = separation(unsure(test), unsure(strange));
  return found === null ? {} : { 'ood.auroc': found.auroc, 'ood.aupr': found.aupr, 'ood.fpr95': found.fpr95 };
}
