import type { Tensor } from '../../engine/tf.ts';
import type { CompiledStep, Engine, StepInputs, StepScope, TensorData, Variable } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import type { ClassAnswers, Predictor, Question } from '../answers.ts';
import { readAll } from './network-variables.ts';
import type { NetworkVariables } from './network-variables.ts';
import { rowsPerEvaluation } from './work-sizes.ts';

/** Feeds that name rows 0 … rows-1, at most `most` in each. */
export function rowFeeds(rows: number, most: number): { readonly rows: Int32Array }[] {
  return Array.from({ length: Math.ceil(rows / most) }, (_, chunk) => ({
    rows: Int32Array.from({ length: Math.min(most, rows - chunk * most) }, (_row, i) => chunk * most + i),
  }));
}

/** Inside a step: what the network answers with its variables' present values, in evaluation mode. */
export function evaluated(
  scope: StepScope,
  network: Network,
  { parameters, statistics }: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  x: Tensor,
): { readonly logits: Tensor; readonly features: Tensor } {
  return network.apply({ params: readAll(scope, parameters), state: readAll(scope, statistics) }, x, { mode: 'eval' });
}

/** Inside a step: logits [B, outputs] of the network with its variables' present values, in evaluation mode. */
export function evaluationLogits(
  scope: StepScope,
  network: Network,
  variables: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  x: Tensor,
): Tensor {
  return evaluated(scope, network, variables, x).logits;
}

/** How a network is asked, where it is not once in evaluation mode. */
export interface Asking {
  /** What is fed with the rows of a part of the question. */
  readonly inputs?: StepInputs;
  feed?(question: Question, part: number): Readonly<Record<string, TensorData>>;
  /** Inside the step: [B, outputs] for x [B, …]. */
  answer(scope: StepScope, x: Tensor, inputs: Readonly<Record<string, Tensor>>): Tensor;
  readonly kind: ClassAnswers['kind'];
}

/**
 * A predictor that applies the network with the current values of these variables in evaluation mode, or as `asking`
 * says; one recorded step per inputs variable.
 */
export function networkPredictor(
  engine: Engine,
  network: Network,
  variables: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  asking: Asking = { kind: 'logits', answer: (scope, x) => evaluationLogits(scope, network, variables, x) },
): Predictor {
  const steps = new Map<Variable, CompiledStep<StepInputs, 'answers'>>();
  const stepFor = (inputs: Variable): CompiledStep<StepInputs, 'answers'> => {
    const known = steps.get(inputs);
    if (known !== undefined) return known;
    const made: CompiledStep<StepInputs, 'answers'> = engine.compileStep({
      name: 'network/predict',
      inputs: { rows: { shape: [-1], dtype: 'int32' }, ...asking.inputs },
      body: ({ rows, ...given }, scope) => ({ answers: asking.answer(scope, scope.gather(inputs, rows), given) }),
    });
    steps.set(inputs, made);
    return made;
  };
  return {
    uses: [{ network, values: { ...variables.parameters, ...variables.statistics } }],
    answer: async (question) => {
      const { inputs, rows } = question;
      const most = rowsPerEvaluation(network);
      const feeds = rowFeeds(rows, most).map((feed, part) => ({ ...feed, ...asking.feed?.(question, part) }));
      const values = new Float32Array(rows * network.outputs);
      const parts = await stepFor(inputs).run(feeds);
      parts.forEach((part, at) => values.set(part.answers, at * most * network.outputs));
      return { kind: asking.kind, width: network.outputs, values };
    },
  };
}
