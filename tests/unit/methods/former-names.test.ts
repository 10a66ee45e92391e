import { expect, test } from 'vitest';
import { checkedMethod } from '../../../src-main/methods/checked.ts';
import { refuseFormerNames } from '../../../src-main/methods/define.ts';
import { fakeMethod } from '../../fixtures/fake-runner.ts';

test('an own file of before is told in a sentence what is called otherwise now', () => {
  const method = { ...fakeMethod(), artefacts: () => [] };
  expect(() => checkedMethod({ default: method })).toThrow(/`artefacts\(\)` of a method is called `trials\(\)` now/);
  expect(() => refuseFormerNames({ artefact: { arrays: {}, note: '' } })).toThrow(
    /`artefacts: \{ model: .* in place of/,
  );
  expect(() => refuseFormerNames({ artefacts: {} })).not.toThrow();
});
