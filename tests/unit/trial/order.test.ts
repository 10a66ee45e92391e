import { describe, expect, it } from 'vitest';
import { trialId } from '../../../src-main/results/identity.ts';
import type { TrialIdentity } from '../../../src-main/results/identity.ts';
import { protocolHash } from '../../../src-main/suites/published.ts';
import type { TrialOrder } from '../../../src-main/trial/messages.ts';
import { trialOrder } from '../../../src-main/trial/messages.ts';
import { checkedDataset, checkOrder } from '../../../src-main/trial/order.ts';
import { fakeDataset, fakeMethod, fakeSuite } from '../../fixtures/fake-runner.ts';

const suite = fakeSuite('s');
const method = { ...fakeMethod({ id: 'm', version: 2, driver: 3, needsArtefactOf: 'net' }), source: '1'.repeat(64) };
const engine = { backend: 'wasm', numerics: 'eager-2/tfjs-4' } as const;
const identity: TrialIdentity = {
  suite: 's',
  suiteVersion: 1,
  protocolHash: protocolHash(suite),
  data: [fakeDataset.sha256],
  method: 'm',
  methodVersion: 2,
  sourceHash: '1'.repeat(64),
  driver: 3,
  hyperParameters: { steps: 5, size: 1 },
  seed: 4,
  fold: null,
  backend: 'wasm',
  numerics: 'eager-2/tfjs-4',
  artefacts: { 'member/0': 'a'.repeat(64) },
};
function order(more: Partial<TrialIdentity> = {}): TrialOrder {
  const asked = { ...identity, ...more };
  return trialOrder.parse({
    trial: trialId(asked),
    identity: asked,
    isKept: true,
    checkpoint: '/nowhere',
    checkpointEvery: 1,
    artefacts: {},
    workers: 1,
    own: { method: '/home/me/mine.ts', suite: null },
  });
}

describe('an order', () => {
  it('that says what would be computed is taken, with its values as the method reads them', () => {
    expect(checkOrder(order(), { suite, method, engine })).toEqual({ steps: 5, size: 1 });
    expect(checkedDataset(order(), suite, fakeDataset)).toBe(fakeDataset);
  });

  it.each<[string, Partial<TrialIdentity>]>([
    ['suite version (asked for 9, now 1)', { suiteVersion: 9 }],
    ['protocol of the suite (asked for eeeeeeeeeeee, now', { protocolHash: 'e'.repeat(64) }],
    ['method version (asked for 1, now 2)', { methodVersion: 1 }],
    ['file of the method (asked for null, now 111111111111)', { sourceHash: null }],
    ['driver version (asked for 1, now 3)', { driver: 1 }],
    ['settings (asked for {"steps":5}, now {"size":1,"steps":5})', { hyperParameters: { steps: 5 } }],
    ['fold (asked for 0, now null)', { fold: 0 }],
    ['backend (asked for tensorflow-cpu, now wasm)', { backend: 'tensorflow-cpu' }],
    ['numerics (asked for eager-1/tfjs-4, now eager-2/tfjs-4)', { numerics: 'eager-1/tfjs-4' }],
    ['artefacts (asked for {}', { artefacts: {} }],
  ])('with another %s is refused by that name', (words, more) => {
    expect(() => checkOrder(order(more), { suite, method, engine })).toThrow(words);
    expect(() => checkOrder(order(more), { suite, method, engine })).toThrow(/Your file: mine\.ts\. Nothing was run\./);
  });

  it('for other data is refused when these are opened', () => {
    expect(() => checkedDataset(order({ data: ['e'.repeat(64)] }), suite, fakeDataset)).toThrow(
      'data of fake-data (asked for eeeeeeeeeeee, now dddddddddddd)',
    );
  });

  it('under an id that does not follow from it is refused', () => {
    expect(() => checkOrder({ ...order(), trial: 'f'.repeat(64) }, { suite, method, engine })).toThrow('its id');
  });

  it('of which nothing is kept is not looked at', () => {
    expect(checkOrder({ ...order({ driver: 1 }), isKept: false }, { suite, method, engine })).toEqual({
      steps: 5,
      size: 1,
    });
  });
});
