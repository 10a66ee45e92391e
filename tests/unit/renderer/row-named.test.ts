import { describe, expect, it } from 'vitest';
import { rowNamed } from '../../../src-renderer/components/row-named.ts';

const rows = ['Naive fine-tuning', 'EWC, lambda 1', 'EWC, lambda 10', 'ewc', 'EWC', 'ER'].map((name, key) => ({
  key: String(key),
  name,
}));
const meant = (typed: string): string => {
  const found = rowNamed(rows, typed);
  return found.ok ? found.row.name : found.message;
};

describe('the row that a typed name means', () => {
  it('is the one of that name, or the only one that begins so', () => {
    expect(meant('naive')).toBe('Naive fine-tuning');
    expect(meant(' er ')).toBe('ER');
    expect(meant('EWC, lambda 1')).toBe('EWC, lambda 1');
    expect(meant('EWC')).toBe('EWC');
    expect(meant('ewc')).toBe('ewc');
  });
  it('is none where several begin so, or none does, and the message says what there is', () => {
    expect(meant('EWC, ')).toBe('2 names begin so: "EWC, lambda 1", "EWC, lambda 10".');
    expect(meant('e')).toBe('5 names begin so: "EWC, lambda 1", "EWC, lambda 10", "ewc" and 2 more.');
    expect(meant('fine-tuning')).toMatch(/^No name begins so; there are "Naive fine-tuning", .* and 3 more\.$/);
  });
});
