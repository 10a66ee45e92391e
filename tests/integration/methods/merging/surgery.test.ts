import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { networkPredictor } from '../../../../src-main/methods/shared/network-predictor.ts';
import { networkVariables } from '../../../../src-main/methods/shared/network-variables.ts';
import { corrected, surgeryStep, withModule } from '../../../../src-main/methods/merging/surgery.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import { expectClose, flat, matrixSchema, numbersSchema } from '../../../fixtures/merging/merges.ts';
import {
  ALL_ROWS,
  heads,
  knownLearnt,
  models,
  network,
  sourceOn,
  tasksOn,
  variableOf,
} from '../../../fixtures/merging/two-tasks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterAll(() => engine.dispose());

/** Steps of a module on known representations: what is answered first, and where the module ends. */
async function operated(
  name: string,
  known: Readonly<Record<'z' | 'expert' | 'down' | 'up', number[][]>>,
  steps: number,
) {
  const variable = (part: 'z' | 'expert' | 'down' | 'up') => variableOf(engine, `${name}/${part}`, known[part]);
  const module = { down: variable('down'), up: variable('up') };
  const answers = { merged: variable('z'), expert: variable('expert') };
  const look = engine.compileStep({
    name: 'test/corrected',
    inputs: {},
    body: (_, scope) => ({ z: corrected(scope.read(answers.merged), scope.read(module.down), scope.read(module.up)) }),
  });
  const [{ z }] = await look.run([{}]);
  const step = surgeryStep(engine, sourceOn(engine), module, answers, { rate: 0.001, name });
  const outputs = await step.run(Array.from({ length: steps }, () => ({ rows: ALL_ROWS })));
  return {
    z,
    losses: outputs.map(({ distance }) => distance[0]),
    down: await engine.read(module.down),
    up: await engine.read(module.up),
  };
}

const rowsOf = (...keys: readonly string[]): number[][] => knownLearnt(matrixSchema, ...keys);

describe('representation surgery', () => {
  it('corrects and learns as known: the distance, and the module after three steps of Adam', async () => {
    const of = (key: string): number[][] => rowsOf('own', 'surgery', key);
    const known = { z: of('z'), expert: of('expert'), down: of('down'), up: of('up') };
    const found = await operated('own', known, 3);
    expectClose(found.z, flat(of('corrected')));
    expectClose(found.losses, knownLearnt(numbersSchema, 'own', 'surgery', 'losses'));
    expectClose(found.down, flat(of('down after')));
    expectClose(found.up, flat(of('up after')));
  });

  it('does nothing where the module says nothing, also at entries that are equal already', async () => {
    const of = (key: string): number[][] => rowsOf('surgery', key);
    const known = { z: of('z_merged'), expert: of('z_individual'), down: of('down'), up: of('up') };
    const found = await operated('silent', known, 1);
    expectClose(found.z, flat(of('z_hat')));
    expectClose(found.losses, [0.3011981687277778]);
    expectClose(found.down, flat(of('down')));
    expectClose(found.up, flat(of('up')));
  });

  it('is a network with a block more, which answers as before while Up is 0', async () => {
    const [task] = tasksOn(engine);
    const plain = networkVariables(engine, network, 'plain');
    plain.load({ ...models[0], ...heads });
    const larger = buildNetwork(withModule(network.spec, 2, 3));
    const operatedNet = networkVariables(engine, larger, 'larger');
    const module = {
      'surgery-down/kernel': Float32Array.of(1, -1, 2, 0.5, 1, 1),
      'surgery-up/kernel': new Float32Array(6),
    };
    operatedNet.load({ ...models[0], ...heads, ...module });
    const question = {
      inputs: task.inputs,
      rows: 6,
      stream: () => {
        throw new Error('nothing is drawn');
      },
    };
    const one = await networkPredictor(engine, network, plain).answer(question);
    const other = await networkPredictor(engine, larger, operatedNet).answer(question);
    expect(other.values).toEqual(one.values);
    operatedNet.load({ ...models[0], ...heads, ...module, 'surgery-up/kernel': Float32Array.of(1, 0, 0, 0, 1, 0) });
    expect((await networkPredictor(engine, larger, operatedNet).answer(question)).values).not.toEqual(one.values);
  });
});
