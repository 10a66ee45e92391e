import { decimal } from '../base/numbers.ts';
import { CheckpointError } from '../checkpoints/error.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes as people write them: `5GB`, `512 MiB`. @throws CheckpointError */
export function bytesOfText(text: string): number {
  const [, digits = '', unit = ''] = /^\s*([\d.]+)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const number = decimal(digits);
  const factor = UNITS[unit.toLowerCase()];
  if (number === null || factor === undefined || number <= 0)
    throw new CheckpointError(`"${text}" is no size.`, 'A size is a number with a unit: 512MiB, 5GB.');
  return Math.round(number * factor);
}
