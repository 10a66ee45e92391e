import { decimal } from '../base/numbers.ts';

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

/** Bytes as people write them: `5GB`, `512 MiB`; null for what is no size. */
export function bytesOfText(text: string): number | null {
  const [, digits = '', unit = ''] = /^\s*([\d.]+)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const number = decimal(digits);
  const factor = UNITS[unit.toLowerCase()];
  return number === null || factor === undefined || number <= 0 ? null : Math.round(number * factor);
}
