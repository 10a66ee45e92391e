import type { TableGenerator, TableSplit } from './generator.ts';

/**
 * Every pair (a, b) of numbers below a prime, as two one-hot blocks, with the class (a + b) mod prime. A random half of
 * the pairs is for training and the other half for testing, so that no test pair can be looked up.
 */
export function modularAddition(prime: number): TableGenerator {
  const pairs = prime ** 2;
  const half = Math.floor(pairs / 2);
  const name = `modular-addition-${prime}`;
  return {
    draws: 'table',
    splits: ({ train, test }, { world }) => {
      const order = world.permutation(pairs);
      return {
        train: rowsOf(prime, order.subarray(0, Math.min(train, half))),
        test: rowsOf(prime, order.subarray(half, half + test)),
      };
    },
    entry: {
      id: name,
      title: `Addition modulo ${prime}`,
      kind: 'table',
      origin: 'generated',
      rows: { train: half, test: pairs - half },
      shape: [2 * prime],
      classes: Array.from({ length: prime }, (_, c) => `${c}`),
      licence: 'Apache-2.0 (made by Touchstone)',
      source: `All ${pairs} pairs of numbers below ${prime}; the class is their sum modulo ${prime}`,
      citation: `Touchstone, ${name} version 1`,
      layout: { kind: 'generated', generator: name, version: 1, seed: 0 },
    },
  };
}

/** Pair number a·prime + b: ones at a and at prime + b. */
function rowsOf(prime: number, order: Int32Array): TableSplit {
  const width = 2 * prime;
  const x = new Float32Array(order.length * width);
  const y = new Int32Array(order.length);
  order.forEach((pair, row) => {
    const a = Math.floor(pair / prime);
    const b = pair % prime;
    x[row * width + a] = 1;
    x[row * width + prime + b] = 1;
    y[row] = (a + b) % prime;
  });
  return { x, y };
}
