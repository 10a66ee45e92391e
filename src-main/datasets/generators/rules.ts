import type { Stream } from '../../engine/random/streams.ts';
import type { TableGenerator, TableSplit } from './generator.ts';

const CLASSES = 3;
const NUMERIC = 8;
const CATEGORICAL = 4;
const LEVELS = 4;
const COLUMNS = NUMERIC + CATEGORICAL * LEVELS;
const DEPTH = 6;
const LABEL_NOISE = 0.05;

/** A test on one attribute, or a class. */
type Rule =
  | { readonly column: number; readonly threshold: number; readonly below: Rule; readonly above: Rule }
  | { readonly label: number };

/**
 * A random decision tree; tests on numeric attributes compare with a threshold, on categorical ones with the set of
 * lower levels.
 */
function drawRule(depth: number, stream: Stream): Rule {
  if (depth === DEPTH) return { label: stream.integer(CLASSES) };
  const column = stream.integer(NUMERIC + CATEGORICAL);
  const threshold = column < NUMERIC ? 0.25 + 0.5 * stream.uniform() : 1 + stream.integer(LEVELS - 1);
  return { column, threshold, below: drawRule(depth + 1, stream), above: drawRule(depth + 1, stream) };
}

function decide(rule: Rule, attributes: Float32Array): number {
  let at = rule;
  while ('column' in at) at = attributes[at.column] < at.threshold ? at.below : at.above;
  return at.label;
}

/**
 * Eight numbers in 0 … 1 and four categories of four levels (one-hot); the class follows a random decision tree of
 * depth six, but for five labels of a hundred, which are drawn at random. Trees find this easy, nets less so.
 */
function draw(rows: number, rule: Rule, stream: Stream): TableSplit {
  const x = new Float32Array(rows * COLUMNS);
  const y = new Int32Array(rows);
  const attributes = new Float32Array(NUMERIC + CATEGORICAL);
  for (let row = 0; row < rows; row += 1) {
    for (let a = 0; a < NUMERIC; a += 1) {
      attributes[a] = stream.uniform();
      x[row * COLUMNS + a] = attributes[a];
    }
    for (let a = 0; a < CATEGORICAL; a += 1) {
      const level = stream.integer(LEVELS);
      attributes[NUMERIC + a] = level;
      x[row * COLUMNS + NUMERIC + a * LEVELS + level] = 1;
    }
    y[row] = stream.uniform() < LABEL_NOISE ? stream.integer(CLASSES) : decide(rule, attributes);
  }
  return { x, y };
}

export const rules: TableGenerator = {
  draws: 'table',
  splits: ({ train, test }, streams) => {
    const rule = drawRule(0, streams.world);
    return { train: draw(train, rule, streams.train), test: draw(test, rule, streams.test) };
  },
  entry: {
    id: 'rules-generated',
    title: 'Generated rules over mixed columns',
    kind: 'table',
    origin: 'generated',
    rows: { train: 4_000, test: 1_000 },
    shape: [COLUMNS],
    classes: Array.from({ length: CLASSES }, (_, c) => `class ${c + 1}`),
    licence: 'Apache-2.0 (made by Touchstone)',
    source: 'A random decision tree over numbers and categories',
    citation: 'Touchstone, rules-generated version 1',
    layout: { kind: 'generated', generator: 'rules', version: 1, seed: 0 },
  },
};
