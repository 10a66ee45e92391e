import { z } from 'zod';
import { softmaxCrossEntropy, valueAndGradients } from '../../engine/losses.ts';
import { tf } from '../../engine/tf.ts';
import type { Engine, NamedArrays, Variable } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import { stitched } from './localize-and-stitch.ts';
import { defineMergingMethod } from './shared/define.ts';
import { learnable } from './shared/learnable.ts';
import { firstOfEach } from './shared/shots.ts';
import { taskVectors } from './shared/task-vectors.ts';
import { CutFinder } from './shared/trimming.ts';

/** Labelled rows of one task, and the head that answers for it. */
export interface LocalizationRows {
  readonly x: Variable;
  readonly y: Variable;
  readonly ids: Int32Array;
  readonly head: string;
}

export interface LocalizationOptions {
  /** Share of the entries whose masks start open. */
  readonly start: number;
  readonly steps: number;
  /** Rate in units of 1 / mean τ². */
  readonly rate: number;
  readonly strength: number;
}

/** Masks start at ± this. */
const START = 5;

/**
 * Trains the mask of one task (He et al. 2024, section 3.1): gradient steps on the logits S of masks σ(S) against the
 * cross-entropy of θ0 + σ(S) ⊙ τ, all rows in each. What their code calls an L1 term moves S away from 0.
 *
 * @param fixed tensors that have no mask: heads.
 */
export async function trainedMask(
  engine: Engine,
  network: Network,
  { base, vector, fixed }: { readonly base: NamedArrays; readonly vector: NamedArrays; readonly fixed: NamedArrays },
  { x, y, ids, head }: LocalizationRows,
  { start, steps, rate, strength }: LocalizationOptions,
): Promise<NamedArrays> {
  const names = Object.keys(base);
  const { threshold } = CutFinder.of(
    names.map((name) => vector[name]),
    { density: start, keep: 'at-least-1' },
  );
  const entries = names.reduce((sum, name) => sum + base[name].length, 0);
  const squares = names.reduce((sum, name) => sum + vector[name].reduce((all, value) => all + value * value, 0), 0);
  const step = squares === 0 ? 0 : (rate * entries) / squares;
  const resident = network.params.map(({ name, shape }) => {
    const make = (what: string, values: Float32Array): Variable =>
      engine.variable(`${what}/${name}`, { shape, dtype: 'float32' }, values);
    if (base[name] === undefined) return { name, base: make('fixed', fixed[name]), tau: null, logits: null };
    const logits = vector[name].map((value) => (Math.abs(value) >= threshold ? START : -START));
    return { name, base: make('start', base[name]), tau: make('tau', vector[name]), logits: make('logits', logits) };
  });
  const train = engine.compileStep({
    name: 'merging/localize',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body({ rows }, scope) {
      const masked = resident.flatMap(({ name, logits }) => (logits === null ? [] : [{ name, logits }]));
      const present = Object.fromEntries(masked.map(({ name, logits }) => [name, scope.read(logits)]));
      const { value, gradients } = valueAndGradients((at) => {
        const params = Object.fromEntries(
          resident.map(({ name, base: from, tau }) => [
            name,
            tau === null ? scope.read(from) : tf.add(scope.read(from), tf.mul(tf.sigmoid(at[name]), scope.read(tau))),
          ]),
        );
        const { logits } = network.apply({ params, state: {} }, scope.gather(x, rows), { mode: 'eval' }, head);
        return softmaxCrossEntropy(logits, scope.gather(y, rows));
      }, present);
      for (const { name, logits } of masked) {
        const open = tf.sigmoid(present[name]);
        const slope = tf.mul(open, tf.sub(1, open));
        const away = tf.mul(tf.mul(tf.sign(present[name]), slope), strength);
        scope.assign(logits, tf.add(tf.sub(present[name], tf.mul(gradients[name], step)), away));
      }
      return { loss: value };
    },
  });
  await train.run(Array.from({ length: steps }, () => ({ rows: ids })));
  train.dispose();
  const masks: NamedArrays = {};
  for (const { name, base: from, tau, logits } of resident) {
    if (logits !== null) masks[name] = Float32Array.from(await engine.read(logits), (value) => Number(value > 0));
    for (const variable of [from, tau, logits]) if (variable !== null) engine.release(variable);
  }
  return masks;
}

export default defineMergingMethod({
  id: 'localize-and-stitch-trained',
  version: 1,
  title: 'Localize-and-Stitch',
  summary: 'Learns from a few labelled rows which changes of each model matter, and stitches these into the start.',
  paper: {
    title: 'Localize-and-Stitch: Efficient Model Merging via Sparse Task Arithmetic',
    authors: 'He et al.',
    year: 2024,
    reference: 'arXiv:2408.13656',
    equations: 'Section 3.1 (localisation by training) and 3.3 (stitching)',
    deviations:
      "Follows the authors' code, also in its L1 term, which hardens masks and makes them no sparser. Their rate " +
      '(1e7) is tied to the size of τ; here it is a multiple of 1 / mean τ².',
  },
  needsStart: true,
  asks: ['validation'],
  fits: learnable,
  fields: {
    shots: z.number().int().min(1).max(1000).default(64).describe('Labelled validation rows of each class, at most'),
    start: z.number().min(0.000001).max(1).default(0.00001).describe('Share of the entries whose masks start open'),
    steps: z.number().int().min(1).max(1000).default(10).describe('Steps, each with all of these rows'),
    rate: z.number().min(0.001).max(1e6).default(10).describe('Rate, in units of 1 / mean τ²'),
    strength: z.number().min(0).max(100).default(1).describe('Strength of the term that hardens masks'),
  },
  async *merge({ context, network, base, models, heads, tasks, taskOf }, { shots, ...options }) {
    const vectors = taskVectors(models, base);
    const masks: NamedArrays[] = [];
    for (const [model, task] of taskOf.entries()) {
      const { x, y, labels } = await tasks[task].validation();
      const rows = { x, y, ids: firstOfEach(labels, shots), head: tasks[task].head };
      context.meter.examples(rows.ids.length * options.steps);
      context.meter.passes({ forward: rows.ids.length * options.steps, backward: rows.ids.length * options.steps });
      const nets = { base, vector: vectors[model], fixed: heads };
      masks.push(await trainedMask(context.engine, network, nets, rows, options));
      yield (model + 1) / models.length;
    }
    const merged = Object.keys(base).map((name) => {
      const own = vectors.map((vector) => vector[name]);
      return [
        name,
        stitched(
          base[name],
          own,
          masks.map((mask) => mask[name]),
        ),
      ] as const;
    });
    const open = masks.map((mask) => {
      const all = Object.values(mask);
      const entries = all.reduce((sum, { length }) => sum + length, 0);
      return all.reduce((sum, values) => sum + values.reduce((a, b) => a + b, 0), 0) / entries;
    });
    return {
      kind: 'parameters',
      merged: Object.fromEntries(merged),
      notes: [`Open in the masks: ${open.map((share) => `${(100 * share).toFixed(2)} %`).join(' ')}.`],
    };
  },
});
