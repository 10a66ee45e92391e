import { z } from 'zod';
import type { Stream } from '../../engine/random/streams.ts';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import { evaluationLogits } from '../shared/network-predictor.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { memberPredictor } from './shared/member-predictor.ts';

type Mask = readonly number[];

/** The narrowest layer that is masked, and how often masks are drawn for a size before the next scale is tried. */
const FEWEST = 10;
const DRAWS = 200;
/** Scales whose masks cover on average this many units more or fewer than are there are passed over. */
const NEAR = 3;

/** n masks of m ones each among ⌊m·s⌋ places, without the places that none of them has (the paper's algorithm 1). */
function drawnMasks(ones: number, n: number, scale: number, stream: Stream): Mask[] {
  const places = Math.floor(ones * scale);
  const masks = Array.from({ length: n }, () => {
    const chosen = new Set(stream.sample(places, ones));
    return Array.from({ length: places }, (_, at) => (chosen.has(at) ? 1 : 0));
  });
  const used = Array.from({ length: places }, (_, at) => at).filter((at) => masks.some((mask) => mask[at] === 1));
  return masks.map((mask) => used.map((at) => mask[at]));
}

/**
 * n masks over exactly so many units. As many ones as make masks of this scale cover the units on average; then the
 * scale is searched, from .8 of it on upwards, for masks that cover exactly these (the authors' `generation_wrapper`).
 *
 * @throws RangeError where none are found
 */
export function masksFor(units: number, n: number, scale: number, stream: Stream): Mask[] {
  const ones = Math.max(1, Math.floor(units / (scale * (1 - (1 - 1 / scale) ** n))));
  const [least, most] = [Math.max(0.8 * scale, 1), 1.5 * scale];
  for (let step = 0; step <= 1000; step += 1) {
    const now = least + ((most - least) * step) / 1000;
    const places = Math.floor(ones * now);
    const covered = places * (1 - (1 - ones / places) ** n);
    if (places < units || Math.abs(covered - units) > NEAR) continue;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const masks = drawnMasks(ones, n, now, stream);
      if (masks[0].length === units) return masks;
    }
  }
  throw new RangeError(`No ${n} masks of scale ${scale} cover exactly ${units} units: use another scale.`);
}

/** The network with masks behind each rectifier of at least ten units or channels. */
export function maskedByRow(
  spec: NetworkSpec,
  n: number,
  scale: number,
  stream: (name: string) => Stream,
): NetworkSpec {
  let drawn = 0;
  // Which width stands behind a rectifier is that of the affine layer before it.
  let width = 0;
  return mapLayers(spec, { kind: 'masksembles', members: n, scale }, (layer) => {
    if ('units' in layer) width = layer.units;
    if ('filters' in layer) width = layer.filters;
    if ((layer.kind !== 'relu' && layer.kind !== 'leaky-relu') || width < FEWEST) return layer;
    return [layer, { kind: 'row-masks', masks: masksFor(width, n, scale, stream(`masks/${drawn++}`)) }];
  });
}

/**
 * Masksembles (Durasov et al. 2021, section 3): as dropout, but with few fixed masks of a chosen overlap. In training
 * each row of a batch passes one of them; an answer is the mean over all.
 */
export default defineTrainingMethod({
  id: 'masksembles',
  version: 1,
  title: 'Masksembles',
  summary: 'One network with a few fixed masks of its units, each of which is a member.',
  family: 'ensembling',
  paper: {
    title: 'Masksembles for Uncertainty Estimation',
    authors: 'Durasov, Bagautdinov, Baque, Fua',
    year: 2021,
    reference: 'arXiv:2012.08334',
    equations: 'Section 3.2, algorithm 1',
    deviations:
      'Row i of a batch passes mask i mod n, where the authors cut a batch into n parts. Masks stand behind every ' +
      'rectifier of at least ten units, and cover exactly these: the scale is searched from .8 of the one told.',
  },
  fields: {
    members: z.number().int().min(1).max(16).default(4).describe('n: masks'),
    scale: z.number().min(1).max(6).default(2).describe('s: the larger, the less the masks overlap'),
  },
  hooks: ({ members, scale }, { network: { spec }, engine, stream }) => ({
    network: maskedByRow(spec, members, scale, stream),
    predictor: ({ network, variables }) =>
      memberPredictor(engine, network, variables, members, (scope, x) => {
        const rows = x.shape[0];
        // Each row once for each mask, one behind the other.
        const each = tf.tile(tf.expandDims(x, 1), [1, members, ...x.shape.slice(1).map(() => 1)]);
        const said = evaluationLogits(
          scope,
          network,
          variables,
          tf.reshape(each, [rows * members, ...x.shape.slice(1)]),
        );
        return tf.reshape(said, [rows, members, network.outputs]);
      }),
  }),
});
