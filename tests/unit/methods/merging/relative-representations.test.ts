import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import {
  anchorKernel,
  relativeLayers,
  stratifiedRows,
} from '../../../../src-main/methods/merging/relative-representations.ts';
import { onPlainTensors } from '../../engine/network-values.ts';
import { expectClose, flat, matrixSchema } from '../../../fixtures/merging/merges.ts';

const known = z
  .object({ embeddings: matrixSchema, anchors: matrixSchema, relative: matrixSchema, layernormed: matrixSchema })
  .parse(
    JSON.parse(
      readFileSync(path.join(import.meta.dirname, '../../../fixtures/merging/relative-representations.json'), 'utf8'),
    ) as unknown,
  );
onPlainTensors();

const anchors = known.anchors.length;
const [head] = [{ name: 'output', outputs: 2 }] as const;
const network = buildNetwork({
  architecture: { kind: 'test' },
  input: [known.embeddings[0].length],
  layers: relativeLayers(anchors),
  heads: [head],
  init: 'torch-default',
});

/** Cosines to the anchors, and what the head is given, by the layers that the method trains on. */
function toldOf(embeddings: Float32Array, of: Float32Array): { relative: Float32Array; normed: Float32Array } {
  const tensors = Object.fromEntries(
    network.params.map(({ name, shape, role }) => [
      name,
      name === 'anchors/kernel'
        ? tf.tensor(anchorKernel(of, anchors), [...shape])
        : tf.fill([...shape], role === 'scale' ? 1 : 0),
    ]),
  );
  let relative = new Float32Array(0);
  const { features } = network.apply(
    { params: tensors, state: {} },
    tf.tensor2d(embeddings, [embeddings.length / network.spec.input[0], network.spec.input[0]]),
    {
      mode: 'eval',
      tap(layer, _input, output) {
        if (layer === 'anchors') relative = Float32Array.from(output.dataSync());
        return output;
      },
    },
  );
  return { relative, normed: Float32Array.from(features.dataSync()) };
}

describe('relative representations', () => {
  it('are the known cosines, and known after layer norm', () => {
    const { relative, normed } = toldOf(flat(known.embeddings), flat(known.anchors));
    expectClose(relative, flat(known.relative));
    expectClose(normed, flat(known.layernormed), 1e-4);
  });

  it('stay as they are when the space is turned, mirrored and scaled', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.double({ min: -3, max: 3, noNaN: true })), { maxLength: 8 }),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        fc.nat(5),
        (turns, scale, mirrored) => {
          const moved = (rows: readonly (readonly number[])[]): Float32Array =>
            flat(
              rows.map((row) => {
                const now = row.map((value, at) => scale * (at === mirrored ? -value : value));
                for (const [i, j, angle] of turns) {
                  if (i === j) continue;
                  const [a, b] = [now[i], now[j]];
                  now[i] = Math.cos(angle) * a - Math.sin(angle) * b;
                  now[j] = Math.sin(angle) * a + Math.cos(angle) * b;
                }
                return now;
              }),
            );
          expectClose(toldOf(moved(known.embeddings), moved(known.anchors)).relative, flat(known.relative));
        },
      ),
      { numRuns: 40 },
    ));

  it('say nothing of an anchor without features', () => {
    expect([...anchorKernel(Float32Array.of(0, 0, 3, 4), 2)]).toEqual([0, Math.fround(0.6), 0, Math.fround(0.8)]);
  });
});

describe('anchors', () => {
  it('are of every class as many, in the order in which they are drawn', () => {
    const labels = Int32Array.of(0, 0, 0, 1, 1, 2);
    const order = Int32Array.of(5, 4, 2, 0, 3, 1);
    expect([...stratifiedRows(order, labels, 3, 4)]).toEqual([2, 4, 5, 0]);
    expect([...stratifiedRows(order, labels, 3, 6)]).toEqual([2, 4, 5, 0, 3, 1]);
    expect([...stratifiedRows(order, labels, 3, 0)]).toEqual([]);
  });
});
