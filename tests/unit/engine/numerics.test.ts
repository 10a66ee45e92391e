import { expect, test } from 'vitest';
import { presentProgramPart, programPart } from '../../../src-main/engine/numerics.ts';

test.each([
  ['tensorflow-2.21.0/recorded-1', 'recorded-1', 'recorded-6'],
  ['tensorflow-2.21.0/recorded-6/onednn+TouchstoneElementwise/no-xla', 'recorded-6', 'recorded-6'],
  ['wasm-eager-2/tfjs-4.22.0', 'eager-2', 'eager-2'],
  ['tensorflow-cpu-eager-1/tfjs-4.22.0/2.21.0-onednn', 'eager-1', 'eager-2'],
  ['lightgbm-4.6.0-0123abcd', null, null],
])('%s: the program’s part is %s, today’s %s', (numerics, part, present) => {
  expect(programPart(numerics)).toBe(part);
  expect(presentProgramPart(numerics)).toBe(present);
});
