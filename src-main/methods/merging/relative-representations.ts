import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import type { Network, NetworkSpec } from '../../engine/networks/specification.ts';
import type { NamedArrays } from '../../engine/types.ts';
import { MODEL } from '../contract.ts';
import { defineMethod } from '../define.ts';
import { trainedModel } from '../shared/artefacts.ts';
import { SUITES_NETWORK } from '../shared/trainables.ts';
import { IidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { startedFrom } from '../training/shared/start.ts';
import { openExperts } from './shared/experts.ts';
import { hiddenAnswers } from './shared/layer-statistics.ts';
import { expertRequests, expertsOf } from './shared/protocol.ts';
import { isBeginning } from './shared/steps-done.ts';

const ANCHORS = 'anchors';
const TOLD = 'told';

/**
 * What stands between an encoder and what is learned on top of it (Moschella et al. 2023, equation 2): the cosines of
 * its features to those of the anchors, then layer norm as in the authors' code. Without anchors: the features
 * themselves, then layer norm.
 */
export const relativeLayers = (anchors: number | null): LayerSpec[] => [
  ...(anchors === null
    ? []
    : ([{ kind: 'unit-length' }, { kind: 'dense', name: ANCHORS, units: anchors, bias: false }] as const)),
  { kind: 'layer-norm', name: TOLD },
];

/**
 * The kernel whose products with features of length 1 are cosines: the anchors' features, each brought to length 1.
 *
 * @param features [anchors × width], row-major.
 * @returns [width × anchors].
 */
export function anchorKernel(features: Float32Array, anchors: number): Float32Array {
  const width = features.length / anchors;
  const kernel = new Float32Array(features.length);
  for (let anchor = 0; anchor < anchors; anchor += 1) {
    const own = features.subarray(anchor * width, (anchor + 1) * width);
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    own.forEach((value, unit) => {
      kernel[unit * anchors + anchor] = length === 0 ? 0 : value / length;
    });
  }
  return kernel;
}

/** So many rows, of every class as many, or all where it has fewer; taken in the order given. */
export function stratifiedRows(order: Int32Array, labels: Int32Array, classes: number, count: number): Int32Array {
  const places = new Int32Array(classes);
  // The first row of every class, then the second of every class, …
  const ranked = [...order].map((row) => {
    places[labels[row]] += 1;
    return { row, rank: (places[labels[row]] - 1) * classes + labels[row] };
  });
  return Int32Array.from(ranked.sort((a, b) => a.rank - b.rank).slice(0, count), ({ row }) => row);
}

/** How many features a head is given. */
const inputsOf = (params: Network['params'], head: string): number =>
  params.find(({ name }) => name === `${head}/kernel`)?.shape[0] ?? 0;

const stitchable = (spec: NetworkSpec, anchors: number | null): NetworkSpec => ({
  ...spec,
  architecture: { ...spec.architecture, stitched: { anchors } },
  layers: [...spec.layers, ...relativeLayers(anchors)],
});

export default defineMethod(
  {
    id: 'relative-representations',
    version: 1,
    title: 'Relative representations',
    summary: 'Learns a head on cosines to anchors of one encoder, and puts it on top of another that it never saw.',
    paper: {
      title: 'Relative representations enable zero-shot latent space communication',
      authors: 'Moschella et al.',
      year: 2023,
      reference: 'arXiv:2209.15430',
      equations: 'Equations 1 and 2 with the cosine; zero-shot stitching of classifiers on frozen encoders (section 5)',
      deviations:
        'The encoders are trained classifiers of the suite without their heads, and the head is one affine map. ' +
        'Fewer anchors than asked for where there are fewer training rows.',
    },
    fields: {
      representation: z
        .enum(['relative', 'absolute'])
        .default('relative')
        .describe('What the head is told: cosines to anchors, or the features themselves'),
      encoder: z
        .enum(['other', 'own'])
        .default('other')
        .describe('Which encoder answers in the end: the second, which the head never saw, or its own'),
      anchors: z.number().int().min(1).max(10_000).default(500).describe('Anchors, of every class as many'),
      epochs: z.number().int().min(1).max(1000).default(10).describe('Epochs for the head'),
    },
    asks: ['all-tasks', 'extra-passes'],
    fits: ({ id, tasks, experts, network }) => {
      if (tasks !== 1 || experts?.members.length !== 2)
        return `Stitching needs two networks of one task; ${id} has none.`;
      return (
        network.layers.every(({ kind }) => kind === 'dense' || kind === 'relu') ||
        'Stitching knows encoders of dense layers and rectifiers only.'
      );
    },
  },
  {
    family: 'merging',
    protocol: 'experts',
    driver: TRAINING_DRIVER,
    trials: (suite, _values, seed) => expertRequests(suite, seed),
    async *run(context, { representation, encoder, anchors, epochs }) {
      const { engine, stream } = context;
      const [task] = expertsOf(context).tasks;
      const experts = await openExperts(context);
      const { networks, whole } = experts.input;
      const widths = networks.map(({ spec: { heads }, params }) => inputsOf(params, heads[0].name));
      if (representation === 'absolute' && widths[0] !== widths[1])
        throw new Error(
          `A head on absolute representations needs encoders of one width; these have ${widths[0]} and ${widths[1]} ` +
            'features. Choose relative ones.',
        );
      const isHead = (name: string): boolean => name.startsWith(`${task.head}/`);
      const count = representation === 'absolute' ? null : Math.min(anchors, task.trainRows);
      const { x, y } = task.train();
      const labels = Int32Array.from(await engine.read(y));
      const ids = stratifiedRows(stream('anchors').permutation(task.trainRows), labels, task.outputs, count ?? 0);
      /** The trunk of one of the nets with its own features of the same anchors; no head. */
      const encoderOf = async (network: Network, values: NamedArrays): Promise<NamedArrays> => {
        const trunk = Object.fromEntries(Object.entries(values).filter(([name]) => !isHead(name)));
        if (count === null) return trunk;
        // Counted once, also where the trial goes on after an interruption.
        if (isBeginning(context.state)) context.meter.passes({ forward: ids.length });
        const { after } = await hiddenAnswers(engine, network, values, { inputs: x, ids });
        return { ...trunk, [`${ANCHORS}/kernel`]: anchorKernel(after[after.length - 1], count) };
      };
      const own = await encoderOf(networks[0], whole[0]);
      const other = await encoderOf(networks[1], whole[1]);
      const spec = stitchable(networks[0].spec, count);
      context.models.open(SUITES_NETWORK, spec, (made) => startedFrom(made.init(stream('init')), own));
      const outcome = yield* runTraining(
        { ...context, protocol: new IidProtocol('experts', { ...task, epochs }) },
        { network: spec, trains: (name) => isHead(name) || name.startsWith(`${TOLD}/`) },
        false,
      );
      const model = trainedModel(outcome);
      const answering = encoder === 'own' ? spec : stitchable(networks[1].spec, count);
      const arrays = encoder === 'own' ? model.arrays : { ...model.arrays, ...other };
      return {
        predictor: experts.merged(buildNetwork(answering), arrays),
        parameterSets: experts.declared,
        artefacts: { [MODEL]: { kind: 'model', spec: answering, arrays, note: 'an encoder with the head of another' } },
      };
    },
  },
);
