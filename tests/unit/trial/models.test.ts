import { describe, expect, it } from 'vitest';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { TrialModels, overlaid } from '../../../src-main/trial/models.ts';
import type { SavedArray, SavedModel } from '../../../src-main/trial/checkpoint.ts';
import { RegisteredState } from '../../../src-main/trial/trial-state.ts';
import { fakeEngine } from '../../fixtures/fake-runner.ts';

const spec = (input: number, outputs: number) => mlp({ input, hidden: [], outputs, init: 'torch-default' });

function open(saved: { arrays: SavedArray[]; models: SavedModel[] } | null = null) {
  const engine = fakeEngine();
  const state = new RegisteredState(engine, saved === null ? null : { cursor: null, arrays: saved.arrays });
  const models = new TrialModels(
    { engine, state, network: buildNetwork(spec(3, 2)), buildNetwork, stream: (name) => stream(1, name) },
    saved?.models ?? [],
  );
  return { engine, state, models };
}

const saved = async ({ state, models }: ReturnType<typeof open>) => ({
  arrays: await state.save(),
  models: structuredClone(models.save()),
});

describe('models of a trial', () => {
  it('start from streams of their names, and are the same whenever they are asked for', () => {
    const { models, engine } = open();
    const one = models.open('one'),
      other = models.open('other');
    expect(models.open('one')).toBe(one);
    return Promise.all([one, other].map(({ parameters }) => engine.read(parameters['output/kernel']))).then(
      ([a, b]) => {
        expect(a).toEqual(buildNetwork(spec(3, 2)).init(stream(1, 'init/one')).params['output/kernel']);
        expect(a).not.toEqual(b);
      },
    );
  });

  it('are refused under another specification, and under names with a slash', () => {
    const { models } = open();
    models.open('one');
    expect(() => models.open('one', spec(3, 4))).toThrow('another specification');
    expect(() => models.open('a/b')).toThrow('cannot be called');
  });

  it('copies keep their values when the first one moves, and are overwritten in place', async () => {
    const { models, engine } = open();
    const one = models.open('one');
    const before = await engine.read(one.parameters['output/kernel']);
    const copy = await models.copy(one, 'copy');
    engine.write(one.parameters['output/kernel'], new Float32Array(6).fill(7));
    expect(await engine.read(copy.parameters['output/kernel'])).toEqual(before);
    expect(await models.copy(one, 'copy')).toBe(copy);
    expect(await engine.read(copy.parameters['output/kernel'])).toEqual(new Float32Array(6).fill(7));
  });

  it('reshaped ones keep what both have; slots are kept likewise or forgotten', async () => {
    for (const slots of ['kept', 'new'] as const) {
      const { models, engine, state } = open();
      const one = models.open('one', spec(2, 2), () => ({
        params: { 'output/kernel': Float32Array.of(1, 2, 3, 4), 'output/bias': Float32Array.of(5, 6) },
        state: {},
      }));
      const shape = [2, 2];
      state.variable('optimiser/one/m/output/kernel', { shape, dtype: 'float32' }, () => Float32Array.of(1, 1, 1, 1));
      const next = await models.reshape(
        one,
        spec(3, 3),
        () => ({
          params: { 'output/kernel': new Float32Array(9).fill(9), 'output/bias': new Float32Array(3).fill(8) },
          state: {},
        }),
        slots,
      );
      expect(await engine.read(next.parameters['output/kernel'])).toEqual(Float32Array.of(1, 2, 9, 3, 4, 9, 9, 9, 9));
      expect(await engine.read(next.parameters['output/bias'])).toEqual(Float32Array.of(5, 6, 8));
      const kept = Object.values(state.under('optimiser/one'));
      expect(kept.map((slot) => slot.shape)).toEqual(slots === 'kept' ? [[3, 3]] : []);
      for (const slot of kept) expect(await engine.read(slot)).toEqual(Float32Array.of(1, 1, 0, 1, 1, 0, 0, 0, 0));
      expect(() => models.release(one)).toThrow('not open');
    }
  });

  it('are all there again after a checkpoint, with slots; released ones leave it', async () => {
    const first = open();
    const kept = first.models.open('kept', spec(4, 2));
    const gone = first.models.open('gone', spec(5, 2));
    for (const name of ['kept', 'gone'])
      first.state.variable(`optimiser/${name}/m`, { shape: [1], dtype: 'float32' }, () => Float32Array.of(3));
    const second = open(await saved(first));
    expect(second.models.save().map(({ name }) => name)).toEqual(['kept', 'gone']);
    second.models.release(second.models.open('gone'));
    expect(second.models.has('gone')).toBe(false);
    expect((await saved(second)).arrays.map(({ name }) => name).sort()).toEqual(
      ['models/kept/output/bias', 'models/kept/output/kernel', 'optimiser/kept/m'].sort(),
    );
    expect(await second.engine.read(second.models.open('kept', spec(4, 2)).parameters['output/kernel'])).toEqual(
      await first.engine.read(kept.parameters['output/kernel']),
    );
    first.models.release(gone);
    const before = first.engine.liveVariables();
    first.models.release(kept);
    expect(first.engine.liveVariables()).toBe(before - 3);
  });

  it('that a predictor does not answer with are kept beside it', () => {
    const { models } = open();
    const one = models.open('one'),
      beside = models.open('beside', spec(10, 1));
    const uses = [{ network: one.network, values: { ...one.parameters } }];
    const answer = async () => ({ kind: 'logits', width: 2, values: new Float32Array(0) }) as const;
    expect(models.bytesBeside({ uses, answer })).toBe(4 * 11);
    expect(models.bytesBeside({ answer })).toBe(0);
    models.release(beside);
    expect(models.bytesBeside({ uses, answer })).toBe(0);
  });
});

it('one tensor laid upon another, of one to four axes', () => {
  expect(overlaid(Float32Array.of(9, 9, 9), [3], Float32Array.of(1, 2), [2])).toEqual(Float32Array.of(1, 2, 9));
  const under = new Float32Array(2 * 3 * 2 * 2).fill(-1);
  const over = Float32Array.from({ length: 2 * 2 * 2 * 3 }, (_, i) => i);
  const out = overlaid(under, [2, 3, 2, 2], over, [2, 2, 2, 3]);
  for (let a = 0; a < 2; a += 1)
    for (let b = 0; b < 3; b += 1)
      for (let c = 0; c < 2; c += 1)
        for (let d = 0; d < 2; d += 1)
          expect(out[((a * 3 + b) * 2 + c) * 2 + d]).toBe(b < 2 ? ((a * 2 + b) * 2 + c) * 3 + d : -1);
});
