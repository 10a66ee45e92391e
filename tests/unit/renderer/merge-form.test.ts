import { describe, expect, test } from 'vitest';
import { mergeRequest } from '../../../src-main/merge/request.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { FormField, MethodInfo } from '../../../src-main/workbench/contract/contract.ts';
import {
  emptyForm,
  mergingMethods,
  methodGroups,
  missing,
  pairNames,
  requestOf,
  usualValue,
  withFiles,
} from '../../../src-renderer/views/merge/merge-form.ts';

const field = (over: Partial<FormField>): FormField => ({
  name: 'density',
  kind: 'number',
  description: '',
  default: 0.2,
  defaultMeans: null,
  minimum: 0,
  maximum: 1,
  choices: null,
  ...over,
});
const ties: MethodInfo = {
  id: 'ties',
  version: 1,
  title: 'TIES',
  summary: '',
  family: 'merging',
  paper: null,
  fields: [field({}), field({ name: 'scope', kind: 'choice', default: 'global', choices: ['global', 'tensor'] })],
  asks: [],
  protocol: 'experts',
  reference: null,
  mergesFiles: { needsStart: true, models: null, perModel: false, usual: { scope: 'tensor' } },
  look: methodLook('ties', null),
  origin: 'built-in',
  file: '',
  settings: {},
};
const { mergesFiles: _none, ...needsData } = { ...ties, id: 'regmean', title: 'RegMean' };

describe('a merge as it is typed', () => {
  test('offers methods that merge files, with what is usual there', () => {
    expect(mergingMethods([needsData, ties]).map(({ id }) => id)).toEqual(['ties']);
    const average = {
      ...ties,
      id: 'average',
      mergesFiles: { needsStart: false, models: null, perModel: false, usual: {} },
    };
    expect(methodGroups([average, ties]).map(({ methods }) => methods.map(({ id }) => id))).toEqual([
      ['ties'],
      ['average'],
    ]);
    expect(ties.fields.map((each) => usualValue(ties, each))).toEqual([0.2, 'tensor']);
  });

  test('says what is missing, then becomes a request that the program takes', () => {
    const form = emptyForm();
    expect(missing(form, ties)).toBe('Name the models.');
    withFiles(form, ['/m/a.safetensors', '/m/base.safetensors', '/m/b.safetensors', '/m/c.safetensors']);
    expect(form.base).toBe('/m/base.safetensors');
    expect(missing(form, ties)).toBe('Say where the result goes.');
    form.output = '/m/out/';
    const weigh = (weight: string): void => void form.models.splice(1, 1, { path: '/m/b.safetensors', weight });
    weigh('0.5x');
    expect(missing(form, ties)).toBe('A weight is a number.');
    for (const none of ['  ', '0x10', '']) {
      weigh(none);
      expect(missing(form, ties)).toBe('A weight is a number.');
    }
    weigh(' 0.5 ');
    form.typed = { density: ' 0.3', scope: ' ', other: '1' };
    expect(missing(form, ties)).toBeNull();
    expect(mergeRequest.parse(requestOf(form, ties))).toMatchObject({
      steps: [
        {
          method: 'ties',
          base: '/m/base.safetensors',
          models: ['/m/a.safetensors', '/m/b.safetensors', '/m/c.safetensors'],
          weights: [1, 0.5, 1],
          set: { density: 0.3 },
        },
      ],
      output: '/m/out/merged.safetensors',
      force: false,
    });
    form.base = '';
    expect(missing(form, ties)).toBe('TIES needs the model that the others were trained from.');
  });

  test('names pairs in the order of their cosines', () => {
    expect(pairNames(['a.safetensors', 'b', 'c.safetensors.index.json'])).toEqual(['a, b', 'a, c', 'b, c']);
  });
});
