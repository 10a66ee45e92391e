import type { NamedArrays } from '../../../engine/types.ts';
import { PATH_ENDS, pathPlace } from '../../../methods/merging/contract.ts';
import type { Curve } from '../../../metrics/primitives.ts';
import { resident } from '../../shared/resident.ts';
import { splitRows } from '../../shared/rows.ts';
import { ESTIMATION_ROWS, normEstimator } from '../../../methods/merging/shared/estimated-norms.ts';
import type { Measure } from '../../training/shared/iid-suite.ts';
import { interpolate, lambdas, measurer } from './interpolation.ts';

export interface PathSettings {
  /** Points of the straight path between the two nets. */
  readonly points: number;
  /** Training rows on which the path is measured: the first of the (shuffled) training set. */
  readonly trainRows: number;
}

/** What a suite's protocol says of it. */
export const pathTerms = ({ points, trainRows }: PathSettings) => ({ pathPoints: points, pathTrainRows: trainRows });

/** Of suites where the middle of the path says more than its highest point. */
export const PATH_METRICS = [
  'acc.test',
  'acc.midpoint',
  'barrier.accuracy.frankle20',
  'barrier.loss.frankle20',
  'nll.test',
  'acc.midpoint.train',
  'barrier.loss.frankle20.train',
] as const;

/**
 * A merged net is judged as a classifier. Where a method also gives the two nets that it merged (aligned or as they
 * were), loss and accuracy are measured along the straight path between them; where it gives nets at places of the
 * path, at these. Batch-norm statistics are estimated anew at every place, as those of the merged net are.
 */
export const pathMeasure =
  ({ points: count, trainRows }: PathSettings): Measure =>
  async ({ parameterSets = {} }, { environment, data, train, test, definition }) => {
    const places = placesOf(parameterSets, count);
    if (places.length === 0) return { curves: [] };
    const { engine, network } = environment;
    const shape = definition.network.input;
    const width = shape.reduce((product, size) => product * size, 1);
    const rows = Int32Array.from({ length: Math.min(trainRows, data.train.rows) }, (_, row) => row);
    const ids = Int32Array.from({ length: Math.min(ESTIMATION_ROWS, data.train.rows) }, (_, row) => row);
    const splits = [
      ['test', measurer(engine, network, test())],
      ['train', measurer(engine, network, resident(engine, 'path', splitRows(data.train, rows, width), shape))],
    ] as const;
    const curves = splits.flatMap(([split]) =>
      (['loss', 'accuracy'] as const).map((of) => ({ split, of, points: [] as [number, number][] })),
    );
    const parts = network.state.length === 0 ? [] : [{ inputs: train().x, ids }];
    const norms = normEstimator(engine, network, parts);
    for (const { lambda, net } of places) {
      const settled = await norms.estimate(net());
      for (const [split, at] of splits) {
        const found = await at(settled);
        for (const curve of curves) if (curve.split === split) curve.points.push([lambda, found[curve.of]]);
      }
    }
    const named = ({ split, of, points }: (typeof curves)[number]): Curve => ({
      name: `interpolation.${of}.${split}`,
      x: 'lambda',
      points,
    });
    return { curves: curves.map(named) };
  };

/** The nets of the path, each made when it is measured. */
function placesOf(
  sets: Readonly<Record<string, NamedArrays>>,
  count: number,
): { readonly lambda: number; net(): NamedArrays }[] {
  const own = Object.keys(sets).filter((name) => name.startsWith(pathPlace(0).slice(0, -1))).length;
  if (own > 0) return lambdas(own).map((lambda, index) => ({ lambda, net: () => sets[pathPlace(index)] }));
  const [a, b] = PATH_ENDS.map((name) => sets[name]);
  return a === undefined || b === undefined
    ? []
    : lambdas(count).map((lambda) => ({ lambda, net: () => interpolate(a, b, lambda) }));
}
