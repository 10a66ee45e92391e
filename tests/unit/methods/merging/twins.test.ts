import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { otFusion } from '../../../../src-main/methods/merging/otfusion.ts';
import type { DenseLayer } from '../../../../src-main/methods/merging/shared/dense-chain.ts';
import { zip } from '../../../../src-main/methods/merging/zipit.ts';
import { expectClose } from '../../../fixtures/merging/merges.ts';

/** A net, the same net with its hidden units in another order, and in which order they are. */
interface Twins {
  readonly net: readonly DenseLayer[];
  readonly twin: readonly DenseLayer[];
  readonly orders: readonly Int32Array[];
}

const twins: fc.Arbitrary<Twins> = fc
  .record({
    seed: fc.nat(1_000_000),
    widths: fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 3, maxLength: 5 }),
    bias: fc.boolean(),
  })
  .map(({ seed, widths, bias }) => {
    const normals = (name: string, length: number): Float32Array => {
      const values = new Float32Array(length);
      stream(seed, name).fillNormal(values, 0, 1);
      return values;
    };
    const orders = widths.slice(1, -1).map((units, layer) => stream(seed, `order${layer}`).permutation(units));
    const net = widths.slice(1).map((outputs, at): DenseLayer => ({
      name: `layer${at}`,
      inputs: widths[at],
      outputs,
      kernel: normals(`kernel${at}`, widths[at] * outputs),
      bias: bias ? normals(`bias${at}`, outputs) : null,
    }));
    const twin = net.map((layer, at): DenseLayer => {
      const [input, unit] = [orders[at - 1], orders[at]];
      const { outputs, kernel } = layer;
      return {
        ...layer,
        kernel: kernel.map((_, entry) => {
          const [i, o] = [Math.floor(entry / outputs), entry % outputs];
          return kernel[(input?.[i] ?? i) * outputs + (unit?.[o] ?? o)];
        }),
        bias: layer.bias?.map((_, o, all) => all[unit?.[o] ?? o]) ?? null,
      };
    });
    return { net, twin, orders };
  });

/** Answers of hidden layers that are all drawn, as the net gives them and as its twin does. */
function drawnAnswers({ net, orders }: Twins, rows: number): readonly [Float32Array[], Float32Array[]] {
  const own = net.slice(0, -1).map(({ outputs }, layer) => {
    const values = new Float32Array(rows * outputs);
    stream(layer, `answers${outputs}`).fillNormal(values, 0, 1);
    return values;
  });
  const twin = own.map((values, layer) => {
    const { outputs } = net[layer];
    return values.map((_, at) => values[at - (at % outputs) + orders[layer][at % outputs]]);
  });
  return [own, twin];
}

const column = ({ kernel, inputs, outputs, bias }: DenseLayer, unit: number): number[] => [
  ...Array.from({ length: inputs }, (_, i) => kernel[i * outputs + unit]),
  bias?.[unit] ?? 0,
];

describe('merges of a net with itself in another order of units', () => {
  it('OTFusion finds the order, by weights and by answers, and answers the net', () =>
    fc.assert(
      fc.property(twins, (drawn) => {
        const { net, twin, orders } = drawn;
        const activations = drawnAnswers(drawn, 12);
        for (const more of [{}, { activations, rows: 12 }]) {
          const { fused, plans } = otFusion(net, twin, { output: 'identity', share: 0.5, ...more });
          orders.forEach((order, layer) =>
            expectClose(
              plans[layer],
              plans[layer].map((_, at) => (order[at % order.length] === Math.floor(at / order.length) ? 1 : 0)),
            ),
          );
          fused.forEach(({ kernel, bias }, layer) => {
            expectClose(kernel, twin[layer].kernel);
            expectClose(bias ?? [], twin[layer].bias ?? []);
          });
        }
      }),
      { numRuns: 40 },
    ));

  it('ZipIt! zips every unit with its twin: the mean of the two nets once they are in one order', () =>
    fc.assert(
      fc.property(twins, (drawn) => {
        const { net, twin } = drawn;
        const answers = drawnAnswers(drawn, 40);
        const features = answers[0].map((_, layer) => answers.map((of) => of[layer]));
        const { trunk, tails } = zip([net, twin], features, 40, { alpha: 1e-4, beta: 0 });
        const first = trunk[0];
        // Each unit of the first layer is one of the net's, and what comes after it is what came after that one.
        const units = Array.from({ length: first.outputs }, (_, unit) => unit);
        const found = units.map((unit) =>
          units.find((own) =>
            column(first, unit).every(
              (value, at) => Math.abs(value - column(net[0], own)[at]) < 1e-4 * (1 + Math.abs(value)),
            ),
          ),
        );
        expect([...found].sort()).toEqual([...units].sort());
        expect(trunk).toHaveLength(net.length - 1);
        if (trunk.length === 1)
          for (const [model, of] of [net, twin].entries())
            expectClose(
              tails[model][0].kernel,
              units.flatMap((unit) => {
                const own = found[unit] ?? 0;
                const at = model === 0 ? own : drawn.orders[0].indexOf(own);
                const { outputs, kernel } = of[1];
                return [...kernel.subarray(at * outputs, (at + 1) * outputs)];
              }),
              1e-4,
            );
      }),
      { numRuns: 40 },
    ));
});
