import type { Features } from '../../ensembling/shared/linear-models.ts';

/** A tree of one split. */
export interface Stump {
  readonly input: number;
  /** Rows up to it answer `below`. */
  readonly threshold: number;
  readonly below: number;
  readonly above: number;
}

/**
 * Fits stumps to these rows: the split halfway between two neighbouring values that lowers the squared error most, and
 * the mean on either side. The first of equal ones wins. Rows that cannot be told apart answer their mean.
 */
export function stumps({ rows, width, values }: Features): (own: Int32Array, targets: Float64Array) => Stump {
  const orders = Array.from({ length: width }, (_, input) =>
    Int32Array.from({ length: rows }, (_row, row) => row).sort(
      (a, b) => values[a * width + input] - values[b * width + input],
    ),
  );
  return (own, targets) => {
    const isOwn = new Uint8Array(rows);
    for (const row of own) isOwn[row] = 1;
    const total = own.reduce((sum, row) => sum + targets[row], 0);
    const mean = total / own.length;
    let best: Stump = { input: 0, threshold: Infinity, below: mean, above: mean };
    // Σ over the sides of (sum of targets)² / rows: the larger, the smaller the squared error.
    let most = (total * total) / own.length + 1e-12;
    orders.forEach((order, input) => {
      let [below, count, last] = [0, 0, Number.NaN];
      for (const row of order) {
        if (isOwn[row] === 0) continue;
        const value = values[row * width + input];
        if (count > 0 && value > last) {
          const above = total - below;
          const gain = (below * below) / count + (above * above) / (own.length - count);
          if (gain > most) {
            most = gain;
            best = {
              ...{ input, threshold: (last + value) / 2 },
              ...{ below: below / count, above: above / (own.length - count) },
            };
          }
        }
        below += targets[row];
        count += 1;
        last = value;
      }
    });
    return best;
  };
}
