import { expect, it } from 'vitest';
import { tableOptions } from '../../../src-main/datasets/tables/options.ts';
import { emptyForm, idOf, optionsOf } from '../../../src-renderer/views/data/table-form.ts';

it('an untouched form says nothing but the share of test rows', () => {
  expect(optionsOf(emptyForm())).toEqual({ test: { share: 0.3 }, ignore: [], categories: [], numbers: [] });
});

it('what a person chose is what the contract gets', () => {
  const form = {
    ...emptyForm(),
    ...({ target: 'class', task: 'classes', separator: ';', decimal: ',', header: 'no', labels: 'merge' } as const),
    ...({ missing: ' -999, n/a ,', testFile: ' /tmp/test.csv ', dropUnlabelled: true } as const),
    columns: new Map([
      ['__proto__', 'number'],
      ['b', 'ignored'],
      ['c', 'category'],
      ['class', 'ignored'],
    ] as const),
  };
  const options = optionsOf(form);
  expect(options).toEqual({
    ...{ target: 'class', task: 'classes', separator: ';', decimal: ',', header: false, labels: 'merge' },
    ...{ missing: ['-999', 'n/a'], test: { file: '/tmp/test.csv' }, unlabelled: 'leave-out' },
    ...{ ignore: ['b'], categories: ['c'], numbers: ['__proto__'] },
  });
  expect(tableOptions.safeParse(options).success).toBe(true);
});

it.each([
  ['/home/ada/My Table (2).csv.gz', 'my-table-2'],
  ['C:\\data\\Äpfel.csv', 'pfel'],
  ['', 'table'],
  ['/x/titanic', 'titanic'],
])('%s gets the id %s', (path, id) => {
  expect(idOf(path)).toBe(id);
});
