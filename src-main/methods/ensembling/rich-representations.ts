import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { Network } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import { defineMethod } from '../define.ts';
import { openModel } from '../shared/artefacts.ts';
import { memberSeed } from '../shared/member-seeds.ts';
import { evaluated, steppedPredictor } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import type { NetworkVariables } from '../shared/network-variables.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { logSoftmaxRows } from '../shared/softmax.ts';
import { iidProtocol } from '../training/contract.ts';
import type { ResidentSplit } from '../training/contract.ts';
import { applied, logistic } from './shared/linear-models.ts';

/** What the probe's loss may weigh against its penalty; chosen on validation rows. */
const STRENGTHS = [0.01, 0.1, 1, 10] as const;

/** Mean of −ln softmax of the true class. */
export const meanLoss = (logits: Float64Array, labels: Int32Array, classes: number): number => {
  const logs = logSoftmaxRows(Float32Array.from(logits), classes);
  return labels.reduce((sum, label, row) => sum - logs[row * classes + label], 0) / labels.length;
};

/**
 * Rich representations (Zhang & Bottou 2023, "Cat-n"): the features of n networks that were trained from different
 * seeds on the same data stand side by side, and a linear probe on them learns the new task.
 */
export default defineMethod(
  {
    id: 'rich-representations',
    version: 1,
    title: 'Rich representations (Cat-n)',
    summary: 'A linear probe on the features of several networks side by side, each trained on the source data.',
    paper: {
      title: 'Learning useful representations for shifting tasks and distributions',
      authors: 'Zhang, Bottou',
      year: 2023,
      reference: 'arXiv:2212.07346',
      equations: 'Section 3, Cat-n with linear probing; the control of section 4.1 is one network n times as wide',
      deviations:
        'The probe is multinomial logistic regression at its optimum; its penalty is chosen on validation rows ' +
        `(C of ${STRENGTHS.join(', ')}). Fully connected networks in place of residual ones.`,
    },
    asks: ['validation', 'extra-passes'],
    fields: {
      networks: z.number().int().min(1).max(20).default(4).describe('n: networks whose features are joined'),
      source: z
        .enum(['several', 'wide'])
        .default('several')
        .describe('n networks, or as control one network that is n times as wide'),
    },
    fits: ({ id, start }) =>
      start?.method === 'train-network' ||
      `Features come from networks that were trained on other data as a suite says; ${id} begins from none.`,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials({ start }, { networks, source }, seed) {
      if (start === undefined) return [];
      const { suite } = start;
      if (source === 'wide')
        return [
          { name: 'source/0', suite, method: 'train-wide', hyperParameters: { factor: networks }, seed, fold: null },
        ];
      return Array.from({ length: networks }, (_, member) => ({
        name: `source/${member}`,
        suite,
        method: 'train-network',
        hyperParameters: {},
        seed: memberSeed(seed, member),
        fold: null,
      }));
    },
    async *run(context, { networks, source }) {
      const { engine, meter, stream } = context;
      const { train, validation, outputs } = iidProtocol(context);
      const sources: { readonly network: Network; readonly variables: NetworkVariables }[] = [];
      for (let at = 0; at < (source === 'wide' ? 1 : networks); at += 1) {
        const { spec, arrays } = await openModel(context, `source/${at}`);
        const network = buildNetwork(spec);
        const variables = networkVariables(engine, network, `source${at}`);
        variables.load(arrays);
        sources.push({ network, variables });
      }
      const width = sources.reduce(
        (sum, { network: { spec, params } }) =>
          sum + (params.find(({ name }) => name === `${spec.heads[0].name}/kernel`)?.shape[0] ?? 0),
        0,
      );
      const features = steppedPredictor(engine, {
        kind: 'scores',
        width,
        rowsAtOnce: Math.min(...sources.map(({ network }) => rowsPerEvaluation(network))),
        uses: sources.map(({ network, variables: { parameters, statistics } }) => ({
          network,
          values: { ...parameters, ...statistics },
        })),
        answer: (scope, x) =>
          tf.concat(
            sources.map(({ network, variables }) => evaluated(scope, network, variables, x).features),
            1,
          ),
      });
      const opened = async ({ x, y, rows }: ResidentSplit) => {
        meter.passes({ forward: rows * sources.length });
        const { values } = await features.answer({ inputs: x, rows, stream });
        return { x: { rows, width, values }, labels: Int32Array.from(await engine.read(y)) };
      };
      const [fitted, held] = [await opened(train()), await opened(validation())];
      const probes = [];
      for (const [at, c] of STRENGTHS.entries()) {
        yield { kind: 'progress', cursor: null, done: at, total: STRENGTHS.length };
        const model = logistic(fitted.x, fitted.labels, outputs, c);
        probes.push({ c, model, loss: meanLoss(applied(model, held.x), held.labels, outputs) });
      }
      const best = probes.reduce((least, probe) => (probe.loss < least.loss ? probe : least));
      return {
        predictor: {
          uses: features.uses,
          async answer(question) {
            const { values } = await features.answer(question);
            const logits = applied(best.model, { rows: question.rows, width, values });
            return { kind: 'logits', width: outputs, values: Float32Array.from(logits) };
          },
        },
        scalars: { 'features.width': width, 'probe.c': best.c },
      };
    },
  },
);
