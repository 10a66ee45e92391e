import { z } from 'zod';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { tf } from '../../engine/tf.ts';
import type { Scalar, Tensor } from '../../engine/tf.ts';
import type { StepInputs, StepScope } from '../../engine/types.ts';
import type { Predictor } from '../contract.ts';
import type { Model } from '../models.ts';
import { judged } from '../shared/judged.ts';
import { evaluationLogits, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { iidProtocol } from './contract.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { denoised, denoisingLoss, labelDiffusion, noisedLabel } from './shared/label-diffusion.ts';

/** The three parts of a block: of the image, of the noised label, and of both together. */
interface Block {
  readonly image: Model;
  readonly label: Model;
  readonly joint: Model;
}
type Apply = (model: Model, x: Tensor) => Tensor;
/** Logits for inputs x, with noise for z_0 … z_T. */
type Answer = (apply: Apply, x: Tensor, noise: readonly Tensor[]) => Tensor;

const identity = (size: number): Float32Array =>
  Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));

/** û: a convex combination of the classes' embeddings, which are one-hot. */
function predicted({ image, label, joint }: Block, apply: Apply, x: Tensor, z: Tensor): Tensor {
  const both = tf.concat([tf.relu(apply(image, x)), tf.relu(apply(label, z))], 1);
  return tf.softmax(apply(joint, both));
}

/**
 * NoProp-DT (Li, Teh & Pascanu 2025): each block learns alone to tell the label from the input and a noised label. No
 * gradient crosses blocks, and training passes nothing from block to block.
 */
export default defineTrainingMethod({
  id: 'noprop',
  version: 1,
  title: 'NoProp (discrete time)',
  summary: 'Blocks that each learn alone to denoise the label, without back-propagation through the others.',
  paper: {
    title: 'NoProp: Training Neural Networks without Full Back-propagation or Full Forward-propagation',
    authors: 'Li, Teh, Pascanu',
    year: 2025,
    reference: 'arXiv:2503.24322',
    equations: 'Equations 3 and 8, algorithm 1; one-hot embeddings',
    deviations:
      'All blocks take one step on the same batch, where algorithm 1 takes them in turn: their gradients do not ' +
      'mix. The part of a block that sees the input is the suite’s network. Answers leave out the noise of the steps ' +
      '(√c_t ε), which costs accuracy, unless asked for; they begin with noise z_0 in any case. The head on z_T ' +
      'starts as the identity, because embeddings are one-hot.',
  },
  measures: [
    {
      id: 'measure.first-block-accuracy',
      title: 'Accuracy of the first block',
      formula: 'share of validation rows that the first block alone tells rightly',
      direction: 'higher',
      unit: 'share',
    },
  ],
  asks: ['validation'],
  fields: {
    blocks: z.int().min(1).max(50).default(10).describe('Blocks T'),
    eta: z.number().positive().max(10).default(0.1).describe('Weight η of the denoising loss'),
    learningRate: z.number().positive().max(1).default(0.001).describe('Learning rate of AdamW'),
    weightDecay: z.number().min(0).max(1).default(0.001).describe('Decoupled weight decay'),
    noisyAnswers: z.boolean().default(false).describe('Draw the noise of the steps when answering'),
  },
  hooks({ blocks, eta, learningRate, weightDecay, noisyAnswers }, context) {
    const { models, network, engine, stream } = context;
    const { outputs } = iidProtocol(context);
    const { init } = network.spec;
    const diffusion = labelDiffusion(blocks);
    const [first] = network.spec.heads;
    const chain = Array.from({ length: blocks }, (_, index): Block => {
      const part = (name: string, spec: Parameters<typeof models.open>[1]): Model =>
        models.open(`block${index + 1}-${name}`, spec);
      return {
        image: part('image', { ...network.spec, heads: [{ ...first, outputs: 256 }] }),
        label: part('label', mlp({ input: outputs, hidden: [], outputs: 64, init })),
        joint: part('joint', mlp({ input: 320, hidden: [128], outputs, init })),
      };
    });
    const head = models.open('head', mlp({ input: outputs, hidden: [], outputs, init }), () => ({
      params: { 'output/kernel': identity(outputs), 'output/bias': new Float32Array(outputs) },
      state: {},
    }));
    const all = [...chain.flatMap(({ image, label, joint }) => [image, label, joint]), head];
    const inputs: StepInputs = { noise: { shape: [2], dtype: 'int32' } };
    const draws = (scope: StepScope, x: Tensor, given: Readonly<Record<string, Tensor>>): Tensor[] =>
      tf.split(scope.randomNormal([x.shape[0], (blocks + 1) * outputs], given['noise']), blocks + 1, 1);
    const firstBlock: Answer = (apply, x, [z]) => tf.log(predicted(chain[0], apply, x, z));
    const wholeChain: Answer = (apply, x, noise) => {
      let [z] = noise;
      chain.forEach((block, index) => {
        // The last step adds none: its answer is judged.
        const drawn = noisyAnswers && index < blocks - 1 ? noise[index + 1] : null;
        z = denoised(diffusion, index + 1, z, predicted(block, apply, x, z), drawn);
      });
      return apply(head, z);
    };
    const answering = (answer: Answer): Predictor =>
      steppedPredictor(engine, {
        kind: 'logits',
        width: outputs,
        rowsAtOnce: rowsPerEvaluation(network),
        uses: all.map(usedModel),
        inputs,
        feed: (question, part) => ({ noise: question.stream(`noprop/part${part}`).key() }),
        answer: (scope, x, given) =>
          answer((model, of) => evaluationLogits(scope, model.network, model, of), x, draws(scope, x, given)),
      });
    return {
      models: all,
      optimiser: { kind: 'adamw', lr: learningRate, weightDecay },
      inputs,
      feed: ({ globalStep }) => ({ noise: stream(`label-noise/step${globalStep}`).key() }),
      loss({ scope, x, y, inputs, apply }) {
        const u = tf.oneHot(y, outputs).toFloat();
        const noised = draws(scope, x, inputs).map((noise, t) => noisedLabel(diffusion, t, u, noise));
        const losses = chain.map((block, index) =>
          denoisingLoss(diffusion, index + 1, eta, predicted(block, apply, x, noised[index]), u),
        );
        return losses.reduce<Scalar>(
          (sum, loss) => tf.add(sum, loss),
          softmaxCrossEntropy(apply(head, noised[blocks]), y),
        );
      },
      predictor: () => answering(wholeChain),
      async end() {
        const validation = iidProtocol(context).validation();
        const { accuracy } = await judged(context, answering(firstBlock), validation);
        return { scalars: { 'measure.first-block-accuracy': accuracy } };
      },
    };
  },
});
