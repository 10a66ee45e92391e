import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { loadTensorFlow } from '../../../src-main/engine/backends/backends.ts';
import { TensorFlowEngine } from '../../../src-main/engine/backends/tensorflow-engine.ts';
import { registerBatchNorm } from '../../../src-main/engine/networks/tensorflow-batch-norm.ts';
import { registerCrossEntropy } from '../../../src-main/engine/networks/tensorflow-cross-entropy.ts';
import { ELEMENTWISE } from '../../../src-main/engine/kernels/elementwise-chains.ts';
import { FILTER_GRADIENT } from '../../../src-main/engine/kernels/filter-gradients.ts';
import { RECTIFIED_GRADIENT } from '../../../src-main/engine/kernels/rectified-products.ts';
import { SPARSE_PRODUCT } from '../../../src-main/engine/kernels/sparse-products.ts';
import { emitProgram } from '../../../src-main/engine/recording/emission.ts';
import { PROGRAM_NUMERICS } from '../../../src-main/engine/numerics.ts';
import { DATA_TYPES } from '../../../src-main/engine/recording/graphdef.ts';
import type { GraphNode } from '../../../src-main/engine/recording/graphdef.ts';
import type { Program } from '../../../src-main/engine/recording/program.ts';
import type { TensorData, Variable } from '../../../src-main/engine/types.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';
import { trialRunner } from '../run-trials.ts';
import { tinyDataset } from './tiny-dataset.ts';

/**
 * The graphs that five steps come to, held to the number of the recording's numerics: whoever changes what is emitted
 * sees it here and raises `RECORDED` in engine/numerics.ts. Nothing is computed: the session is a stand-in, so that the
 * graphs are those of one fixed set of our own operations on every machine.
 */

const captured: Program[] = [];

vi.mock('../../../src-main/engine/recording/live-session.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../src-main/engine/recording/live-session.ts')>();
  const zeros = (type: number, length: number): TensorData =>
    type === DATA_TYPES.int32 ? new Int32Array(length) : new Float32Array(length);
  class NoSession {
    readonly nodes = 0;
    readonly calls = 0;
    readonly failed = false;
    readonly #values = new Map<number, TensorData>();
    initialise(fresh: readonly { readonly variable: Variable; readonly data: TensorData }[]): void {
      for (const { variable, data } of fresh) this.#values.set(variable.id, data.slice());
    }
    read(variable: Variable): TensorData {
      return this.#values.get(variable.id)?.slice() ?? new Float32Array(0);
    }
    drop(): void {}
    call(program: Program, _key: string, repetitions: number): unknown {
      captured.push(program);
      const outputs = Object.values(program.outputs);
      return {
        isNew: false,
        call: () =>
          outputs.map(({ shape, value }) => ({
            data: zeros(
              program.types.get(value)?.dtype ?? DATA_TYPES.float32,
              repetitions * shape.reduce((product, size) => product * size, 1),
            ),
            shape: [repetitions, ...shape],
          })),
      };
    }
    close(): void {}
  }
  return { ...original, LiveSession: NoSession };
});

const OWN = [SPARSE_PRODUCT, RECTIFIED_GRADIENT, FILTER_GRADIENT, ELEMENTWISE];
const GOLDEN = join(import.meta.dirname, '../../fixtures/engine/golden-graphs.json');
const folder = temporaryFolder();
afterAll(() => folder.remove());

/**
 * A graph as text; variables are called by the order in which they come, since their numbers say only what was made
 * before.
 */
function normalised(nodes: readonly GraphNode[]): string {
  const names = new Map<string, string>();
  const text = JSON.stringify(nodes, (_key, value: unknown) =>
    value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value,
  );
  return text.replaceAll(/(?<=["/^])v\d+(?=["/:])/g, (name) => {
    const known = names.get(name) ?? `variable${names.size}`;
    names.set(name, known);
    return known;
  });
}

it('five steps come to the graphs that these numerics stand for', async () => {
  const [methods, suites, loaded] = await Promise.all([loadMethods(), loadSuites(), loadTensorFlow('cpu')]);
  registerBatchNorm(loaded.backend);
  registerCrossEntropy(loaded.backend);
  const infos = new Map((await openDatasetStore({ dataFolder: folder.path }).list()).map((info) => [info.id, info]));
  const largest = async (suite: string, method: string, given: Record<string, number> = {}): Promise<string> => {
    const engine = new TensorFlowEngine({
      backend: loaded.backend,
      name: 'tensorflow-cpu',
      sessionAddon: '',
      session: { intraOp: 1, interOp: 1, optimised: false },
      kernels: 'onednn',
      own: new Set(OWN),
      versions: {},
      keptNodes: 0,
    });
    const runner = trialRunner({
      engine,
      methods,
      suites,
      dataset: async (_suite, id) => {
        const info = infos.get(id);
        if (info === undefined) throw new Error(`no data set ${id}`);
        return tinyDataset(info, { train: 40, test: 8 });
      },
    });
    captured.length = 0;
    await runner.run(suite, method, given);
    engine.dispose();
    const graphs = captured.map((program) => emitProgram(program, '', 1).nodes);
    const most = Math.max(...graphs.map(({ length }) => length));
    const [graph] = graphs.filter(({ length }) => length === most);
    return createHash('sha256')
      .update(normalised(graph ?? []))
      .digest('hex');
  };
  const graphs = {
    'dense net, SGD with momentum': await largest('iid-tabular-quick/wdbc', 'sgd'),
    'dense net, Adam': await largest('iid-tabular-quick/wdbc', 'adam'),
    'convolutional net with batch norm, SGD with momentum': await largest('iid-shapes-quick', 'sgd'),
    'elastic weight consolidation on a stream of tasks': await largest('split-optdigits-quick/class-il', 'ewc'),
    'prediction of a deep ensemble': await largest('iid-mlp-quick/optdigits', 'deep-ensemble'),
  };
  const golden: unknown = JSON.parse(readFileSync(GOLDEN, 'utf8'));
  expect(
    { numerics: PROGRAM_NUMERICS.recorded, graphs },
    'Emitted graphs changed: raise RECORDED in engine/numerics.ts and put these hashes into the file.',
  ).toEqual(golden);
}, 120_000);
