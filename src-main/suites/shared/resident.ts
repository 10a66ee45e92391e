import type { DatasetSplit } from '../../datasets/types.ts';
import type { Engine } from '../../engine/types.ts';
import type { ResidentSplit, TargetScale } from '../../methods/training/contract.ts';

/** A split as resident variables `<name>/x` [rows, …shape] and `<name>/y` [rows]. */
export function resident(engine: Engine, name: string, split: DatasetSplit, shape: readonly number[]): ResidentSplit {
  return {
    rows: split.rows,
    x: engine.variable(`${name}/x`, { shape: [split.rows, ...shape], dtype: 'float32' }, split.x),
    y: engine.variable(`${name}/y`, { shape: [split.rows], dtype: 'int32' }, split.y),
  };
}

/** As `resident`, with the numbers to be told, standardised, as `<name>/y` [rows, 1]. */
export function residentNumbers(
  engine: Engine,
  name: string,
  { rows, x, table }: DatasetSplit,
  shape: readonly number[],
  { mean, deviation }: TargetScale,
): ResidentSplit {
  const y = Float32Array.from(table?.numbers ?? [], (value) => (value - mean) / deviation);
  return {
    rows,
    x: engine.variable(`${name}/x`, { shape: [rows, ...shape], dtype: 'float32' }, x),
    y: engine.variable(`${name}/y`, { shape: [rows, 1], dtype: 'float32' }, y),
  };
}

/** What `make` answers, made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
