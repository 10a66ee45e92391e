import { PATH_ENDS } from '../../../methods/merging/contract.ts';
import type { Curve } from '../../../metrics/primitives.ts';
import { resident } from '../../shared/resident.ts';
import { splitRows } from '../../shared/rows.ts';
import type { Measure } from '../../training/shared/iid-suite.ts';
import { interpolate, lambdas, measurer } from './interpolation.ts';

export interface PathSettings {
  /** Points of the straight path between the two nets. */
  readonly points: number;
  /** Training rows on which the path is measured: the first of the (shuffled) training set. */
  readonly trainRows: number;
}

/**
 * A merged net is judged as a classifier. Where a method also gives the two nets that it merged (aligned or as they
 * were), loss and accuracy are measured along the straight path between them.
 */
export const pathMeasure =
  ({ points: count, trainRows }: PathSettings): Measure =>
  async ({ parameterSets = {} }, { environment, data, test, definition }) => {
    const [a, b] = PATH_ENDS.map((name) => parameterSets[name]);
    if (a === undefined || b === undefined) return [];
    const { engine, network } = environment;
    const shape = definition.network.input;
    const width = shape.reduce((product, size) => product * size, 1);
    const rows = Int32Array.from({ length: Math.min(trainRows, data.train.rows) }, (_, row) => row);
    const splits = [
      ['test', measurer(engine, network, test())],
      ['train', measurer(engine, network, resident(engine, 'path', splitRows(data.train, rows, width), shape))],
    ] as const;
    const curves: Curve[] = [];
    for (const [name, at] of splits) {
      const points = [];
      for (const lambda of lambdas(count)) points.push({ lambda, ...(await at(interpolate(a, b, lambda))) });
      curves.push(
        { name: `interpolation.loss.${name}`, x: 'lambda', points: points.map(({ lambda, loss }) => [lambda, loss]) },
        {
          name: `interpolation.accuracy.${name}`,
          x: 'lambda',
          points: points.map(({ lambda, accuracy }) => [lambda, accuracy]),
        },
      );
    }
    return curves;
  };
