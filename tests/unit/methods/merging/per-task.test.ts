import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import consensusMerging from '../../../../src-main/methods/merging/consensus-merging.ts';
import emrMerging, { masked, unified } from '../../../../src-main/methods/merging/emr-merging.ts';
import localizeAndStitch from '../../../../src-main/methods/merging/localize-and-stitch.ts';
import oneBitMerging, { oneBit } from '../../../../src-main/methods/merging/one-bit-merging.ts';
import { mergeTensors } from '../../../../src-main/methods/merging/shared/tensor-merge.ts';
import tallMasks from '../../../../src-main/methods/merging/tall-masks.ts';
import type { TensorMerge } from '../../../../src-main/methods/tensor-merge.ts';
import {
  knownIn,
  expectClose,
  flat,
  matrixSchema,
  netSchema,
  numbersSchema,
  tensorsOf,
} from '../../../fixtures/merging/merges.ts';

const known = knownIn('per-task.json');
const merge = (
  { tensorMerge }: { readonly tensorMerge: TensorMerge },
  base: NamedArrays,
  models: readonly NamedArrays[],
  values: Record<string, unknown> = {},
): readonly NamedArrays[] =>
  mergeTensors(tensorMerge, values, { base, models, shapes: {}, stream: (name) => stream(1, name) });

/** Three experts [4, 6] with biases, and the task vectors [W, b] as they are known. */
const base: NamedArrays = {
  W: flat(known(matrixSchema, 'tensors', 'base')),
  b: flat(known(numbersSchema, 'tensors', 'base_bias')),
};
const biases = known(matrixSchema, 'tensors', 'expert_biases');
const experts = known(z.array(matrixSchema), 'tensors', 'experts').map((W, model): NamedArrays => ({
  W: flat(W),
  b: flat(biases[model]),
}));
const vectors = known(matrixSchema, 'flat tau').map((tau) => Float32Array.from(tau));
const nothing: NamedArrays = { tau: new Float32Array(vectors[0].length) };
const asModels = vectors.map((tau): NamedArrays => ({ tau }));

/** A start and experts of two tensors, of numbers that are not too near to 0. */
const nets = (models: number): fc.Arbitrary<{ base: NamedArrays; models: NamedArrays[] }> => {
  const entry = fc.double({ min: -2, max: 2, noNaN: true });
  const net = fc
    .tuple(fc.array(entry, { minLength: 6, maxLength: 6 }), fc.array(entry, { minLength: 3, maxLength: 3 }))
    .map(([W, b]): NamedArrays => ({ W: flat(W), b: flat(b) }));
  return fc.record({ base: net, models: fc.array(net, { minLength: models, maxLength: models }) });
};
const RUNS = { numRuns: 40 };

function expectNet(actual: NamedArrays, expected: NamedArrays): void {
  for (const [name, values] of Object.entries(expected)) expectClose(actual[name], values);
}

describe('TALL masks', () => {
  const ties = known(matrixSchema, 'tall_masks of ties', 'task_vectors').map((tau): NamedArrays => ({
    tau: flat(tau),
  }));
  const zero: NamedArrays = { tau: new Float32Array(10) };

  it.each(['0.2', '0.4', '0.6'])('pick the known entries of the TIES vector (λ %s)', (lambda) => {
    const merged = known(numbersSchema, 'tall_masks of ties', 'tau_mtl');
    const masks = known(matrixSchema, 'tall_masks of ties', 'masks', lambda);
    const found = merge(tallMasks, zero, ties, { vector: 'ties', lambda: Number(lambda) });
    found.forEach(({ tau }, task) => expectClose(tau, flat(merged.map((value, at) => value * masks[task][at]))));
  });

  it('pick the known entries of the sum of task vectors', () => {
    const start = tensorsOf(known(netSchema, 'base'));
    const models = known(z.array(netSchema), 'experts').map(tensorsOf);
    const masks = known(matrixSchema, 'tall_masks lambda .6');
    merge(tallMasks, start, models, { lambda: 0.6 }).forEach((net, task) => {
      const changed = ['W', 'b'].flatMap((name) =>
        [...net[name]].map((value, at) => Number(value !== start[name][at])),
      );
      expect(changed).toEqual(masks[task]);
    });
  });

  it('give each expert back where task vectors do not overlap', () => {
    const apart = (task: number): NamedArrays => ({ tau: Float32Array.of(0, 0, 0).fill(task + 1, task, task + 1) });
    const models = [apart(0), apart(1), apart(2)];
    expect(merge(tallMasks, { tau: new Float32Array(3) }, models, { lambda: 0.4 })).toEqual(models);
  });

  it('are the expert itself where there is one, and say that λ is missing where nothing can choose it', () => {
    merge(tallMasks, base, [experts[1]], { lambda: 0.4 }).forEach((net) => expectNet(net, experts[1]));
    expect(() => merge(tallMasks, base, experts)).toThrow(/set lambda/);
    expect(() => merge(consensusMerging, base, experts)).toThrow(/set maskLambda/);
  });
});

describe('Consensus merging', () => {
  it('keeps what at least k tasks have in their masks, as known', () => {
    const ties = known(matrixSchema, 'tall_masks of ties', 'task_vectors').map((tau): NamedArrays => ({
      tau: flat(tau),
    }));
    for (const k of [1, 2]) {
      const values = { vector: 'ties', maskLambda: 0.4, k, lambda: 1 };
      const [{ tau }] = merge(consensusMerging, { tau: new Float32Array(10) }, ties, values);
      expectClose(tau, known(numbersSchema, 'tall_masks of ties', `consensus k=${k} vector (lambda .4)`));
    }
    const start = tensorsOf(known(netSchema, 'base'));
    const models = known(z.array(netSchema), 'experts').map(tensorsOf);
    const [merged] = merge(consensusMerging, start, models, { maskLambda: 0.6, lambda: 0.4 });
    expectNet(merged, tensorsOf(known(netSchema, 'consensus k 2, lambda .4')));
  });

  it('is the start for k of more tasks than there are', () => {
    expectNet(merge(consensusMerging, base, experts, { maskLambda: 0.4, k: 4 })[0], base);
  });
});

describe('EMR-Merging', () => {
  const unifiedKnown = [...known(matrixSchema, 'emr', 'unified W').flat(), ...known(numbersSchema, 'emr', 'unified b')];

  it('elects the known vector and the known mask', () => {
    const all = unified(vectors);
    expectClose(all, unifiedKnown);
    const mask = [...masked(vectors[0], all)].slice(0, 24).map((value) => Number(value !== 0));
    expect(mask).toEqual(known(matrixSchema, 'emr', 'mask of expert 0, W').flat());
  });

  it('restores experts with either rescaler as known', () => {
    const [net] = merge(emrMerging, base, experts, { rescaler: 'tensors' });
    expectClose(net['W'], known(matrixSchema, 'emr', 'expert 0 restored, W (first rescaler)').flat());
    const scales = known(numbersSchema, 'emr', 'rescalers (one flat vector: 30-ViT code)');
    merge(emrMerging, nothing, asModels).forEach(({ tau }, task) => {
      const kept = masked(vectors[task], unified(vectors));
      expectClose(
        tau,
        kept.map((value) => value * scales[task]),
      );
    });
  });

  it('keeps the mean magnitude of every task vector, and one expert as it is', () => {
    const mean = (a: NamedArrays, b: NamedArrays): number => {
      const changes = Object.keys(a).flatMap((name) => [...a[name]].map((value, at) => Math.abs(value - b[name][at])));
      return changes.reduce((sum, value) => sum + value, 0) / changes.length;
    };
    fc.assert(
      fc.property(nets(3), ({ base: start, models }) => {
        merge(emrMerging, start, models).forEach((net, task) => {
          const own = mean(models[task], start);
          // A task that loses every vote has nothing left to be rescaled.
          const left = mean(net, start);
          expect(left === 0 || Math.abs(left - own) < 1e-5).toBe(true);
        });
        expectNet(merge(emrMerging, start, [models[0]])[0], models[0]);
      }),
      RUNS,
    );
  });
});

describe('1bit-Merging', () => {
  it('quantises as known, and never farther from τ than with another size', () => {
    const tau = Float32Array.from(known(numbersSchema, 'one_bit', 'tau'));
    const known1 = known(numbersSchema, 'one_bit', 'quantised');
    expectClose(oneBit(tau), known1);
    const distance = (factor: number): number =>
      tau.reduce((sum, value, at) => sum + (value - factor * known1[at]) ** 2, 0);
    for (const factor of [0.9, 0.99, 1.01, 1.1]) expect(distance(factor)).toBeGreaterThan(distance(1));
  });

  it('adds the others scaled by λ, tensor by tensor', () => {
    const start: NamedArrays = { a: Float32Array.of(1, 1), b: Float32Array.of(0) };
    const models: NamedArrays[] = [
      { a: Float32Array.of(4, 2), b: Float32Array.of(-3) },
      { a: Float32Array.of(1, 0), b: Float32Array.of(2) },
    ];
    expect(merge(oneBitMerging, start, models)).toEqual([
      { a: Float32Array.of(3, 3), b: Float32Array.of(-3) },
      { a: Float32Array.of(1, 0), b: Float32Array.of(2) },
    ]);
    expect(merge(oneBitMerging, start, models, { lambda: 0.5 })[0]).toEqual({
      a: Float32Array.of(3, 2.5),
      b: Float32Array.of(-2),
    });
  });
});

describe('Localize-and-Stitch', () => {
  it('keeps strictly more than the k-th largest and stitches as known', () => {
    const [{ tau }] = merge(localizeAndStitch, nothing, asModels, { sparsity: 0.25 });
    expectClose(
      tau,
      known(numbersSchema, 'localize_and_stitch', 'merged tau = sum of mask_t tau_t / number of masks there'),
    );
    const masks = known(
      matrixSchema,
      'localize_and_stitch',
      'sparsity .25 of 28: k=7, strict > the 7th largest keeps 6',
    );
    asModels.forEach((model, task) => {
      const [alone] = merge(localizeAndStitch, nothing, [model], { sparsity: 0.25 });
      expect([...alone['tau']].map((value) => Number(value !== 0))).toEqual(masks[task]);
    });
  });

  it('is the plain mean at sparsity 1 but where a task changed least', () => {
    const [merged] = merge(
      localizeAndStitch,
      { tau: Float32Array.of(0, 0, 0) },
      [{ tau: Float32Array.of(3, 1, 2) }, { tau: Float32Array.of(1, -5, 6) }],
      { sparsity: 1 },
    );
    expect(merged['tau']).toEqual(Float32Array.of(3, -5, 4));
  });
});
