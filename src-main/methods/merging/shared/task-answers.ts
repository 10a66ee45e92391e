import type { Engine, NamedArrays } from '../../../engine/types.ts';
import { buildNetwork } from '../../../engine/networks/networks.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { logSoftmaxRows } from '../../shared/softmax.ts';
import { networkPredictor } from '../../shared/network-predictor.ts';
import { networkVariables } from '../../shared/network-variables.ts';
import type { NetworkVariables } from '../../shared/network-variables.ts';
import { classAnswers } from '../../answers.ts';
import type { ClassAnswers, Predictor, Question } from '../../answers.ts';

/** A net that answers for a task with one of its heads. */
export interface TaskNet {
  readonly network: Network;
  readonly values: NamedArrays;
  readonly head: string;
}

/** Asks nets, each with the head that is meant: one set of variables and one recorded step serve all of one shape. */
export class TaskAnswers {
  readonly #engine: Engine;
  readonly #shapes = new Map<Network, { readonly variables: NetworkVariables; loaded: NamedArrays | null }>();
  readonly #heads = new Map<Network, Map<string, Predictor>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Logits [rows × outputs of the head]. */
  async logits({ network, values, head }: TaskNet, question: Question): Promise<ClassAnswers> {
    const shape = this.#shape(network);
    if (shape.loaded !== values) shape.variables.load(values);
    shape.loaded = values;
    const heads = this.#heads.get(network) ?? new Map<string, Predictor>();
    this.#heads.set(network, heads);
    const predictor = heads.get(head) ?? networkPredictor(this.#engine, withHead(network, head), shape.variables);
    heads.set(head, predictor);
    return classAnswers(await predictor.answer(question), question.rows, outputsOf(network, head));
  }

  /** What is said with a head of so many outputs; where the net has no such head, all classes are as likely. */
  says(net: TaskNet, outputs: number, question: Question): Promise<ClassAnswers> {
    return net.network.spec.heads.some(({ name }) => name === net.head)
      ? this.logits(net, question)
      : Promise.resolve({ kind: 'logits', width: outputs, values: new Float32Array(question.rows * outputs) });
  }

  #shape(network: Network): { readonly variables: NetworkVariables; loaded: NamedArrays | null } {
    const known = this.#shapes.get(network);
    if (known !== undefined) return known;
    const made = { variables: networkVariables(this.#engine, network, `asked${this.#shapes.size}`), loaded: null };
    this.#shapes.set(network, made);
    return made;
  }
}

/**
 * Answers for several tasks from what is said of each. Where the tasks of rows are told, a row gets its own task's
 * answer; else the log-probabilities of all tasks stand one after the other, and the largest of all is the answer.
 */
export function taskPredictor(
  tasks: readonly { readonly head: string; readonly outputs: number }[],
  say: (task: number, question: Question) => Promise<ClassAnswers>,
  uses: Predictor['uses'],
): Predictor {
  return {
    uses,
    async answer(question) {
      const { rows, tasks: told } = question;
      if (tasks.length === 1) return say(0, question);
      const total = tasks.reduce((sum, { outputs }) => sum + outputs, 0);
      const wanted = told === undefined ? [...tasks.keys()] : [...new Set(told)];
      const width = told === undefined ? total : tasks[wanted[0]].outputs;
      const values = new Float32Array(rows * width);
      let at = 0;
      for (const task of wanted) {
        const { outputs } = tasks[task];
        if (told !== undefined && outputs !== width)
          throw new Error(`Tasks with ${width} and with ${outputs} classes can't be asked about together.`);
        const logs = logSoftmaxRows((await say(task, question)).values, outputs);
        for (let row = 0; row < rows; row += 1)
          if (told === undefined || told[row] === task)
            values.set(logs.subarray(row * outputs, (row + 1) * outputs), row * width + at);
        if (told === undefined) at += outputs;
      }
      return { kind: 'log-probabilities', width, values };
    },
  };
}

export function outputsOf({ spec }: Network, head: string): number {
  const found = spec.heads.find(({ name }) => name === head);
  if (found === undefined) throw new Error(`The network has no head "${head}".`);
  return found.outputs;
}

/** The same network with this head alone. */
function withHead({ spec }: Network, head: string): Network {
  return buildNetwork({ ...spec, heads: [spec.heads.find(({ name }) => name === head) ?? spec.heads[0]] });
}
