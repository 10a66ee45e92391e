import { z } from 'zod';
import { foldsOf } from '../../engine/random/folds.ts';
import type { Engine } from '../../engine/types.ts';
import { classAnswers, numberAnswers } from '../answers.ts';
import type { Method, TrialContext } from '../contract.ts';
import { resolveHyperParameters } from '../hyper-parameters.ts';
import type { Model } from '../models.ts';
import { openModel } from '../shared/artefacts.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import { stepsOf } from '../shared/phases.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { logSoftmaxRows } from '../shared/softmax.ts';
import { IidProtocol, iidProtocol } from '../training/contract.ts';
import { startRequests } from '../training/shared/start.ts';
import { inTargetUnits } from '../training/shared/target.ts';
import type { ResidentSplit } from '../training/contract.ts';

/** The name under which its answers are kept. */
export const OUT_OF_FOLD = 'out-of-fold';

const schema = z.object({
  method: z.string().default('sgd').describe('The method that is trained'),
  settings: z.string().default('{}').describe('Its hyper-parameters, as JSON'),
  folds: z.number().int().min(2).max(20).default(5).describe('Folds of the training rows'),
});
/** Hyper-parameters as they stand in `settings`. */
const given = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
const cursor = z.object({ fold: z.number(), inner: z.json() });

/**
 * Answers to every training row by a network that never saw it: an ordinary method trained once for each fold of the
 * training rows, on the others, within this trial and by the same budget of epochs. The folds are the same for all
 * methods and seeds, so that their answers can be combined row by row; those of classes are stratified. Numbers to be
 * told are scaled by all training rows. Kept as samples of the split
 * `train`. The trial ends with the network that the same method trains on all training rows, which it asks for: its
 * identity then also holds the version of that method.
 */
const outOfFold: Method = {
  id: 'out-of-fold',
  version: 1,
  driver: 1,
  title: 'Answers out of fold',
  summary: 'A method trained once for each fold of the training rows; made once and shared by what is fitted on them.',
  family: 'ensembling',
  protocol: 'rows',
  paper: null,
  hidden: true,
  schema,
  asks: ['extra-passes'],
  fits: ({ id, kind }) => (kind === 'rows' ? true : `${id} has no training set to be divided.`),
  trials(suite, values, seed) {
    const { method, settings } = schema.parse(values);
    const hyperParameters = given.parse(JSON.parse(settings));
    return [{ name: 'full', suite: suite.id, method, hyperParameters, seed }, ...startRequests(suite)];
  },
  async *run(context, values) {
    const { method: id, settings, folds } = schema.parse(values);
    const { engine, state, meter } = context;
    const protocol = iidProtocol(context);
    const { outputs, numbers } = protocol;
    const method = await context.method(id);
    const hyperParameters = resolveHyperParameters(method, given.parse(JSON.parse(settings)));
    const data = await hostRows(engine, protocol.train());
    const classes = numbers === null ? Int32Array.from(data.y) : new Int32Array(protocol.trainRows);
    const foldOf = foldsOf(classes, folds, `out-of-fold/${folds}`);
    const every = foldOf.map((_, row) => row);
    const answers = state.float32('answers', every.length * outputs);

    const parts = Array.from({ length: folds }, (_, fold) => every.filter((row) => foldOf[row] !== fold));
    const lengths = parts.map((rows) => stepsOf({ ...protocol, examples: rows.length }));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const start = state.restored === undefined ? { fold: 0, inner: null } : cursor.parse(state.restored);
    let done = lengths.slice(0, start.fold).reduce((sum, length) => sum + length, 0);
    for (let fold = start.fold; fold < folds; fold += 1) {
      const rows = parts[fold];
      const train = data.resident(`fold${fold}/train`, rows);
      const within = nested(
        context,
        fold,
        fold === start.fold ? start.inner : null,
        new IidProtocol('rows', { ...protocol, train: () => train, trainRows: rows.length }),
      );
      const generator = method.run(within, hyperParameters);
      let step = await generator.next();
      for (; step.done !== true; step = await generator.next())
        if (step.value.kind === 'progress')
          yield { kind: 'progress', cursor: { fold, inner: step.value.cursor }, done: done + step.value.done, total };
      const left = every.filter((row) => foldOf[row] === fold);
      const held = data.resident(`fold${fold}/held`, left);
      if (step.value.predictor === undefined) throw new Error(`${method.title} ended without a predictor.`);
      const answered = await step.value.predictor.answer({ inputs: held.x, rows: left.length, stream: within.stream });
      meter.passes({ forward: left.length });
      const told =
        numbers === null
          ? logSoftmaxRows(classAnswers(answered, left.length, outputs).values, outputs)
          : numberAnswers(answered, left.length, outputs).values;
      left.forEach((row, at) => answers.set(told.subarray(at * outputs, (at + 1) * outputs), row * outputs));
      within.release();
      done += lengths[fold];
      yield { kind: 'progress', cursor: { fold: fold + 1, inner: null }, done, total };
    }
    const full = await openModel(context, 'full');
    const network = networkVariables(engine, context.network, 'full');
    network.load(full.arrays);
    const predictor = inTargetUnits(protocol, networkPredictor(engine, context.network, network));
    const note = `${method.title}, out of ${folds} folds of the training rows`;
    const kind = numbers === null ? 'log-probabilities' : 'numbers';
    const samples = { kind, width: outputs, values: answers, rows: every } as const;
    return { predictor, artefacts: { [OUT_OF_FOLD]: { kind: 'samples', splits: { train: samples }, note } } };
  },
};
export default outOfFold;

/**
 * The context of a training within this trial: rows, state, draws and models of its own; of artefacts it has the start
 * that the suite declares. `release` forgets its models.
 */
function nested(
  context: TrialContext,
  fold: number,
  restored: z.infer<typeof cursor>['inner'],
  protocol: IidProtocol,
): TrialContext & { release(): void } {
  const { state, models } = context;
  const own = (name: string): string => `fold${fold}/${name}`;
  const opened = new Map<string, Model>();
  const kept = (model: Model): Model => {
    opened.set(model.name, model);
    return model;
  };
  const model = (name: string): string => `fold${fold}-${name}`;
  return {
    ...context,
    protocol,
    stream: (name) => context.stream(own(name)),
    state: {
      variable: (name, spec, initial, role) => state.variable(own(name), spec, initial, role),
      int32: (name, length) => state.int32(own(name), length),
      float32: (name, length) => state.float32(own(name), length),
      examples: (name, places, bytesEach) => state.examples(own(name), places, bytesEach),
      forget: (name) => state.forget(own(name)),
      restored: restored ?? undefined,
    },
    models: {
      open: (name, spec, start) => kept(models.open(model(name), spec, start)),
      has: (name) => models.has(model(name)),
      copy: async (from, name) => kept(await models.copy(from, model(name))),
      reshape: async (...given) => kept(await models.reshape(...given)),
      release: (gone) => {
        opened.delete(gone.name);
        models.release(gone);
      },
      get generation() {
        return models.generation;
      },
    },
    release: () => {
      for (const one of opened.values()) models.release(one);
    },
  };
}

/** The rows of a split on the host, and any of them as a resident split. */
async function hostRows(engine: Engine, { x, y }: ResidentSplit) {
  const inputs = await engine.read(x);
  const targets = await engine.read(y);
  const rowsIn = x.shape[0] ?? 0;
  const dtype = y.dtype === 'int32' ? 'int32' : 'float32';
  const part = (of: ArrayLike<number>, rows: Int32Array): Float32Array => {
    const width = of.length / rowsIn;
    return Float32Array.from(
      { length: rows.length * width },
      (_, at) => of[rows[Math.floor(at / width)] * width + (at % width)],
    );
  };
  return {
    y: targets,
    resident(name: string, rows: Int32Array): ResidentSplit {
      const own = part(targets, rows);
      return {
        rows: rows.length,
        x: engine.variable(
          `${name}/x`,
          { shape: [rows.length, ...x.shape.slice(1)], dtype: 'float32' },
          part(inputs, rows),
        ),
        y: engine.variable(
          `${name}/y`,
          { shape: [rows.length, ...y.shape.slice(1)], dtype },
          dtype === 'int32' ? Int32Array.from(own) : own,
        ),
      };
    },
  };
}
