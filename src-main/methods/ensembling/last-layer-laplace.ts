import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { defineMethod } from '../define.ts';
import { openModel } from '../shared/artefacts.ts';
import { evaluated, steppedPredictor } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { logSoftmaxRows, softmaxRows } from '../shared/softmax.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { iidProtocol } from '../training/contract.ts';
import { bestPrior, curvature, likeliestPrior, probitScaled, STRUCTURES } from './shared/laplace.ts';
import type { Posterior } from './shared/laplace.ts';
import { memberRequests } from './shared/members.ts';

/** A full matrix of more numbers takes too long on the host. */
const MOST_FULL = 2000;

/**
 * Last-layer Laplace (Daxberger et al. 2021, after MacKay 1992): a Gaussian over the weights of a trained network's
 * head, from the curvature of its training loss; an answer is softmax of logits that are scaled down by their variance.
 */
export default defineMethod(
  {
    id: 'last-layer-laplace',
    version: 1,
    title: 'Last-layer Laplace',
    summary: 'One trained network with a Gaussian over the weights of its head: unsure where features are strange.',
    paper: {
      title: 'Laplace Redux – Effortless Bayesian Deep Learning',
      authors: 'Daxberger, Kristiadi, Immer, Eschenhagen, Bauer, Hennig',
      year: 2021,
      reference: 'arXiv:2106.14806',
      equations: 'Section 2: GGN, last layer, probit approximation; marginal likelihood as section 2.1, step 4',
      deviations:
        'The Kronecker form holds the bias within the features. The prior precision alone is chosen, with weights ' +
        'as they were trained: by validation rows from a grid of 10⁻⁴ … 10⁴, or by the marginal likelihood.',
    },
    fields: {
      structure: z.enum(STRUCTURES).default('kronecker').describe('Form of the curvature matrix'),
      prior: z.number().min(0).max(1e6).default(0).describe('Prior precision δ; 0: chosen'),
      choice: z
        .enum(['validation', 'marginal likelihood'])
        .default('validation')
        .describe('How δ is chosen: by the likelihood of validation rows, or by the marginal likelihood'),
    },
    asks: ['validation', 'extra-passes'],
    fits: ({ id, target, network }) =>
      target !== 'classes'
        ? `${id} asks for numbers; this is about the classes of a softmax.`
        : network.heads[0].layer === undefined
          ? true
          : `The head of ${id} is no plain dense layer.`,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials: ({ id }, _values, seed) => memberRequests(id, seed, 1),
    async *run(context, { structure, prior, choice }) {
      const { engine, network, meter } = context;
      const variables = networkVariables(engine, network, 'member');
      const { arrays } = await openModel(context, 'member/0');
      variables.load(arrays);
      const classes = network.outputs;
      const head = network.spec.heads[0].name;
      const [kernel, bias] = [arrays[`${head}/kernel`], arrays[`${head}/bias`]];
      const inputs = kernel.length / classes;
      const width = inputs + 1;
      if (structure === 'full' && width * classes > MOST_FULL)
        throw new Error(
          `The head has ${width * classes} parameters; a full matrix takes at most ${MOST_FULL}: use "kronecker".`,
        );

      // Features and logits of rows, one behind the other.
      const both = steppedPredictor(engine, {
        kind: 'logits',
        width: inputs + classes,
        rowsAtOnce: rowsPerEvaluation(network),
        uses: [{ network, values: { ...variables.parameters, ...variables.statistics } }],
        answer: (scope, x) => {
          const { features, logits } = evaluated(scope, network, variables, x);
          return tf.concat([features, logits], 1);
        },
      });
      const train = iidProtocol(context).train();
      meter.passes({ forward: train.rows });
      const { values } = await both.answer({ inputs: train.x, rows: train.rows, stream: context.stream });
      yield { kind: 'progress', cursor: null, done: 1, total: 2 };

      const withOne = (given: Float32Array, row: number): Float64Array =>
        Float64Array.of(...given.subarray(row * (width - 1 + classes), row * (width - 1 + classes) + inputs), 1);
      const logitsOf = (given: Float32Array, row: number): Float32Array =>
        given.subarray(row * (inputs + classes) + inputs, (row + 1) * (inputs + classes));
      const features = new Float64Array(train.rows * width);
      const probabilities = new Float64Array(train.rows * classes);
      for (let row = 0; row < train.rows; row += 1) {
        features.set(withOne(values, row), row * width);
        probabilities.set(softmaxRows(logitsOf(values, row), classes), row * classes);
      }
      const ofCurvature = curvature(structure, { rows: train.rows, width, classes, features, probabilities });
      const parameters = Float64Array.from({ length: classes * width }, (_, at) => {
        const [k, i] = [Math.floor(at / width), at % width];
        return i === inputs ? bias[k] : kernel[i * classes + k];
      });
      const answered = (asked: Float32Array, rows: number, posterior: Posterior): Float32Array => {
        const answers = new Float32Array(rows * classes);
        for (let row = 0; row < rows; row += 1)
          answers.set(probitScaled(logitsOf(asked, row), posterior.variances(withOne(asked, row))), row * classes);
        return answers;
      };
      const byValidation = async (): Promise<number> => {
        const { x, y, rows } = iidProtocol(context).validation();
        meter.passes({ forward: rows });
        const asked = (await both.answer({ inputs: x, rows, stream: context.stream })).values;
        const labels = Int32Array.from(await engine.read(y));
        return likeliestPrior((delta) => {
          const logs = logSoftmaxRows(answered(asked, rows, ofCurvature(delta)), classes);
          return labels.reduce((sum, label, row) => sum - logs[row * classes + label], 0);
        });
      };
      const chosen = (): Promise<number> | number =>
        choice === 'validation' ? byValidation() : bestPrior(ofCurvature, parameters);
      const delta = prior === 0 ? await chosen() : prior;
      const posterior = ofCurvature(delta);
      yield { kind: 'progress', cursor: null, done: 2, total: 2 };
      return {
        predictor: {
          uses: both.uses,
          async answer(question) {
            const asked = (await both.answer(question)).values;
            return { kind: 'logits', width: classes, values: answered(asked, question.rows, posterior) };
          },
        },
        scalars: { 'prior.precision': delta },
        notes: [`Prior precision ${delta.toPrecision(3)} over ${width * classes} weights of the head.`],
      };
    },
  },
);
