import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { boostedNet } from '../../../src-main/methods/tables/shared/boosted-net.ts';
import type { BoostedNet, Boosting } from '../../../src-main/methods/tables/shared/boosted-net.ts';

/** Boosting of small nets: what must hold whatever the data. */

const [ROWS, WIDTH] = [60, 3];
const random = stream(5, 'data');
const x = {
  rows: ROWS,
  width: WIDTH,
  values: Float64Array.from({ length: ROWS * WIDTH }, () => 2 * random.uniform() - 1),
};
const column = (row: number, at: number): number => x.values[row * WIDTH + at] ?? 0;
const numbers = Float64Array.from(
  { length: ROWS },
  (_, row) => column(row, 0) * column(row, 1) + Math.sin(column(row, 2)),
);
const TARGETS: readonly Boosting[] = [
  { kind: 'two', y: numbers.map((value) => (value > 0.1 ? 1 : -1)) },
  { kind: 'more', classes: 3, y: Int32Array.from(numbers, (value) => (value < -0.3 ? 0 : value < 0.3 ? 1 : 2)) },
];
const settings = { units: 2, eta: 1, rowShare: 1, alpha: 1e-4, steps: 100 };
const netOf = (target: Boosting, more = {}): BoostedNet =>
  boostedNet(x, target, { ...settings, ...more }, (stage) => stream(1, `stage${stage}`));

/** −ln p of two classes, p = 1/(1 + e^(−2yF)); −ln of the softmax of more. */
function lossOf(target: Boosting, sums: Float64Array): number {
  let loss = 0;
  for (let row = 0; row < ROWS; row += 1) {
    if (target.kind === 'more') {
      const own = [...sums.subarray(row * target.classes, (row + 1) * target.classes)];
      loss += Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0)) - (own[target.y[row] ?? 0] ?? 0);
    } else loss += Math.log(1 + Math.exp(-2 * (target.y[row] ?? 0) * (sums[row] ?? 0)));
  }
  return loss;
}

describe.each(TARGETS.map((target) => [target.kind, target] as const))('of %s', (_kind, target) => {
  const outputs = target.kind === 'more' ? target.classes : 1;

  it('lowers the loss of the training rows at every stage', () => {
    const net = netOf(target, { eta: 0.5 });
    let before = lossOf(target, net.sums(x));
    for (let stage = 0; stage < 8; stage += 1) {
      net.grow();
      const after = lossOf(target, net.sums(x));
      expect(after).toBeLessThanOrEqual(before + 1e-9);
      before = after;
    }
    expect(before).toBeLessThan(0.6 * lossOf(target, netOf(target).sums(x)));
  });

  it('is one net with one hidden layer', () => {
    const net = netOf(target, { rowShare: 0.5 });
    for (let stage = 0; stage < 4; stage += 1) net.grow();
    const { hidden, output } = net.merged();
    expect([hidden.length, output.length]).toEqual([8, outputs]);
    const sums = net.sums(x);
    for (let row = 0; row < ROWS; row += 1) {
      const units = hidden.map((weights) => {
        const dot = [0, 1, 2].reduce((sum, at) => sum + (weights[at] ?? 0) * column(row, at), weights[3] ?? 0);
        return 1 / (1 + Math.exp(-dot));
      });
      output.forEach((weights, k) => {
        const answer = units.reduce((sum, unit, j) => sum + unit * (weights[j] ?? 0), weights[8] ?? 0);
        expect(answer).toBeCloseTo(sums[row * outputs + k] ?? 0, 9);
      });
    }
  });

  it('goes as far as one Newton step of the loss along what the small net answers', () => {
    const net = netOf(target);
    const start = net.sums(x);
    net.grow();
    const step = net.sums(x).map((sum, at) => sum - (start[at] ?? 0));
    const h = 1e-4;
    for (let k = 0; k < outputs; k += 1) {
      const along = (t: number): number =>
        lossOf(
          target,
          start.map((sum, at) => sum + (at % outputs === k ? t * (step[at] ?? 0) : 0)),
        );
      const [back, here, on] = [along(-h), along(0), along(h)];
      const [slope, curvature] = [(on - back) / (2 * h), (on - 2 * here + back) / h ** 2];
      expect(-slope / curvature).toBeCloseTo(1, 4);
    }
  });
});
