import { foldsOf } from '../../../engine/random/folds.ts';
import { rowsOf } from '../../tables/shared/boosted-net.ts';
import { selectGreedily } from '../greedy-selection.ts';
import { beside } from './host-learners.ts';
import type { HostLearner, Shares } from './host-learners.ts';
import type { Features } from './linear-models.ts';

export interface StackingSettings {
  readonly layers: number;
  readonly folds: number;
  readonly repeats: number;
  /** Models that greedy selection chooses of the last layer. */
  readonly size: number;
  /** What the next layer sees of training rows: answers of the models without the row, or of all. */
  readonly answers: 'out-of-fold' | 'in-fold';
}

/** Training rows of a table, encoded. */
export interface TrainingRows {
  readonly x: Features;
  readonly labels: Int32Array;
  readonly classes: number;
}

/** What the bags of one layer say, one array a learner. */
interface Layer {
  /** Of training rows. */
  readonly told: readonly Float64Array[];
  /** Of any rows: the mean of all models of a bag. */
  answer(rows: Features): readonly Float64Array[];
}

/**
 * Multi-layer stacking with repeated k-fold bagging (Erickson et al. 2020, algorithm 1), and greedy selection of the
 * last layer. Folds and what learners draw follow from `name`.
 */
export function stackedLayers(
  { x, labels, classes }: TrainingRows,
  learners: readonly HostLearner[],
  { layers, size, ...bagging }: StackingSettings,
  name: string,
): { readonly shares: Shares; readonly weights: readonly number[]; readonly told: Float64Array } {
  const stack: Layer[] = [];
  for (let l = 0; l < layers; l += 1) {
    const seen = stack.length === 0 ? x : beside(x, stack[l - 1].told, classes);
    stack.push(baggedLayer({ x: seen, labels, classes }, learners, bagging, `${name}/layer${l}`));
  }
  const last = stack[layers - 1];
  const { order } = selectGreedily(last.told, labels, classes, { size });
  const weights = learners.map((_, i) => order.filter((one) => one === i).length / order.length);
  const weighed = (told: readonly Float64Array[]): Float64Array =>
    told[0].map((_, at) => weights.reduce((sum, weight, i) => sum + weight * told[i][at], 0));
  return {
    weights,
    told: weighed(last.told),
    shares(rows) {
      let told: readonly Float64Array[] = [];
      for (const [l, layer] of stack.entries()) told = layer.answer(l === 0 ? rows : beside(rows, told, classes));
      return weighed(told);
    },
  };
}

function baggedLayer(
  { x, labels, classes }: TrainingRows,
  learners: readonly HostLearner[],
  { folds, repeats, answers }: Omit<StackingSettings, 'layers' | 'size'>,
  name: string,
): Layer {
  const outOfFold = learners.map(() => new Float64Array(x.rows * classes));
  const bags: Shares[][] = learners.map(() => []);
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const foldOf = foldsOf(labels, folds, `${name}/repeat${repeat}`);
    const every = foldOf.map((_, row) => row);
    for (let fold = 0; fold < folds; fold += 1) {
      const held = every.filter((row) => foldOf[row] === fold);
      const used = every.filter((row) => foldOf[row] !== fold);
      const [asked, own] = [rowsOf(x, held), rowsOf(x, used)];
      const ownLabels = used.map((row) => labels[row]);
      for (const [i, learner] of learners.entries()) {
        const model = learner.fit(own, ownLabels, classes, `${name}/repeat${repeat}/fold${fold}`);
        bags[i].push(model);
        const said = model(asked);
        for (const [at, row] of held.entries())
          for (let k = 0; k < classes; k += 1) outOfFold[i][row * classes + k] += said[at * classes + k] / repeats;
      }
    }
  }
  const answer = (rows: Features): readonly Float64Array[] => bags.map((bag) => meanOf(bag, rows, classes));
  return { answer, told: answers === 'in-fold' ? answer(x) : outOfFold };
}

function meanOf(bag: readonly Shares[], rows: Features, classes: number): Float64Array {
  const mean = new Float64Array(rows.rows * classes);
  for (const model of bag) for (const [at, share] of model(rows).entries()) mean[at] += share / bag.length;
  return mean;
}
