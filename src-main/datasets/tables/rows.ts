import type { TableRows } from '../types.ts';

/** These rows of a table. */
export function tableRows({ values, numbers }: TableRows, rows: Int32Array): TableRows {
  return {
    values: values.map((column) =>
      column instanceof Float64Array
        ? Float64Array.from(rows, (row) => column[row])
        : Int32Array.from(rows, (row) => column[row]),
    ),
    numbers: numbers && Float64Array.from(rows, (row) => numbers[row]),
  };
}

/** The rows of both, one after the other. */
export function joinedRows(first: TableRows, second: TableRows): TableRows {
  return {
    values: first.values.map((column, at) => joined(column, second.values[at])),
    numbers: first.numbers && second.numbers && Float64Array.from([...first.numbers, ...second.numbers]),
  };
}

function joined(first: Float64Array | Int32Array, second: Float64Array | Int32Array): Float64Array | Int32Array {
  return first instanceof Float64Array
    ? Float64Array.from([...first, ...second])
    : Int32Array.from([...first, ...second]);
}
