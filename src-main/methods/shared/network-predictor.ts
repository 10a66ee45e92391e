import type { Tensor } from '../../engine/tf.ts';
import type {
  ApplyOptions,
  CompiledStep,
  Engine,
  StepInputs,
  StepScope,
  TensorData,
  Variable,
} from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import type { ClassAnswers, Predictor, Question, UsedModel } from '../answers.ts';
import type { Model } from '../models.ts';
import { readAll } from './network-variables.ts';
import type { NetworkVariables } from './network-variables.ts';
import { rowsPerEvaluation } from './work-sizes.ts';

/** Feeds that name rows 0 … rows-1, at most `most` in each. */
export function rowFeeds(rows: number, most: number): { readonly rows: Int32Array }[] {
  return Array.from({ length: Math.ceil(rows / most) }, (_, chunk) => ({
    rows: Int32Array.from({ length: Math.min(most, rows - chunk * most) }, (_row, i) => chunk * most + i),
  }));
}

/** Parts of one row-major array, one after the other. */
export function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Inside a step: what the network answers with its variables' present values, in evaluation mode. */
export function evaluated(
  scope: StepScope,
  network: Network,
  { parameters, statistics }: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  x: Tensor,
  details: Pick<ApplyOptions, 'tap' | 'gate'> = {},
): { readonly logits: Tensor; readonly features: Tensor } {
  const values = { params: readAll(scope, parameters), state: readAll(scope, statistics) };
  return network.apply(values, x, { mode: 'eval', ...details });
}

/** A model with all of its values, as predictors name what they answer with. */
export const usedModel = ({ network, parameters, statistics }: Model): UsedModel => ({
  network,
  values: { ...parameters, ...statistics },
});

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

/** Who answers, how wide, and how many rows at a time. */
export interface Answerer extends Asking {
  readonly width: number;
  readonly rowsAtOnce: number;
  readonly uses: NonNullable<Predictor['uses']>;
}

/** A predictor that answers by a step, which is recorded once for each variable of inputs. */
export function steppedPredictor(engine: Engine, asked: Answerer): Predictor {
  const { width, rowsAtOnce, uses } = asked;
  const steps = new Map<Variable, CompiledStep<StepInputs, 'answers'>>();
  const stepFor = (inputs: Variable): CompiledStep<StepInputs, 'answers'> => {
    const known = steps.get(inputs);
    if (known !== undefined) return known;
    const made: CompiledStep<StepInputs, 'answers'> = engine.compileStep({
      name: 'network/predict',
      inputs: { rows: { shape: [-1], dtype: 'int32' }, ...asked.inputs },
      body: ({ rows, ...given }, scope) => ({ answers: asked.answer(scope, scope.gather(inputs, rows), given) }),
    });
    steps.set(inputs, made);
    return made;
  };
  return {
    uses,
    answer: async (question) => {
      const { inputs, rows } = question;
      const feeds = rowFeeds(rows, rowsAtOnce).map((feed, part) => ({ ...feed, ...asked.feed?.(question, part) }));
      const parts = await stepFor(inputs).run(feeds);
      return { kind: asked.kind, width, values: joined(parts.map(({ answers }) => answers)) };
    },
  };
}

/** For an `Asking` that knows the task of each row [B]: fed as `tasks`. The method asks for `task-id-at-test`. */
export function withTasks(rowsAtOnce: number): Required<Pick<Asking, 'inputs' | 'feed'>> {
  return {
    inputs: { tasks: { shape: [-1], dtype: 'int32' } },
    feed: ({ rows, tasks }, part) => {
      if (tasks === undefined) throw new Error('The suite does not say which task a test row is of.');
      return { tasks: tasks.slice(part * rowsAtOnce, Math.min(rows, (part + 1) * rowsAtOnce)) };
    },
  };
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
  return steppedPredictor(engine, {
    ...asking,
    width: network.outputs,
    rowsAtOnce: rowsPerEvaluation(network),
    uses: [{ network, values: { ...variables.parameters, ...variables.statistics } }],
  });
}
