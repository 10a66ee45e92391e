import { expect, test } from 'vitest';
import { checkedForm, typedForm } from '../../../src-renderer/views/data/suite-form.ts';

const digits = {
  id: 'digits',
  kind: 'image' as const,
  classes: Array.from({ length: 10 }, (_, i) => `${i}`),
  rows: { train: 400, test: 100 },
};
const table = { ...digits, id: 'wine', kind: 'table' as const, classes: ['a', 'b'] };

test('a form begins with what is usual, and is made once it has a name', () => {
  expect(checkedForm('digits', typedForm(digits))).toMatchObject({ ok: false, field: 'name' });
  expect(checkedForm('digits', { ...typedForm(digits), name: 'five', classesPerTask: 5 })).toEqual({
    ok: true,
    form: {
      ...{ kind: 'split', dataset: 'digits', name: 'five', hidden: [200, 200], epochs: 10, batchSize: 32 },
      ...{ optimiser: 'adam', rate: 0.001, scenario: 'class-il', classesPerTask: 5, rowsPerClass: null },
    },
  });
  expect(typedForm(table)).toMatchObject({ kind: 'rows', folds: 1, validationPercent: 20 });
});

test('what was typed is read as it is meant, and what is wrong is said by its field', () => {
  const typed = { ...typedForm(table), name: 'wide', hidden: '128 64,32' };
  expect(checkedForm('wine', typed)).toMatchObject({ ok: true, form: { hidden: [128, 64, 32], validationShare: 0.2 } });
  expect(checkedForm('wine', { ...typed, hidden: ' ' })).toMatchObject({ ok: true, form: { hidden: [] } });
  for (const [wrong, field] of [
    [{ name: 'Big Name' }, 'name'],
    [{ hidden: '64, many' }, 'hidden'],
    [{ epochs: 0 }, 'epochs'],
    [{ folds: 21 }, 'folds'],
    [{ validationPercent: 80 }, 'validationShare'],
  ] as const)
    expect(checkedForm('wine', { ...typed, ...wrong })).toMatchObject({ ok: false, field });
});
