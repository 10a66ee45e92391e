import { z } from 'zod';
import type { Stream } from '../../../engine/random/streams.ts';
import type { Engine, Variable } from '../../../engine/types.ts';
import { classAnswers } from '../../../methods/answers.ts';
import type { ContinualScenario } from '../../../methods/continual/contract.ts';
import type { JsonValue, Outcome, Predictor, Protocol } from '../../../methods/contract.ts';
import type { Primitives } from '../../../metrics/primitives.ts';
import type { OpenSuite } from '../../contract.ts';

/** Test data of one task. */
export interface TestTask {
  /** Writes the network inputs of the rows, one after the other. */
  writeInputs(into: Float32Array): void;
  readonly rows: number;
  /** Output index of each row. */
  readonly labels: Int32Array;
  readonly outputs: readonly number[];
}

export interface EvaluatorDefinition {
  readonly engine: Engine;
  /** Streams of the trial, for predictors that draw. */
  stream(name: string): Stream;
  readonly scenario: ContinualScenario;
  readonly outputs: number;
  /** Shape of one network input. */
  readonly inputShape: readonly number[];
  readonly tasks: readonly TestTask[];
  readonly classNames: readonly string[];
}

/**
 * Test tasks that are predicted together: a step is recorded for each variable of inputs, so few of them serve many
 * small tasks.
 */
interface TestGroup {
  readonly tasks: readonly TestTask[];
  readonly rows: number;
  variable?: Variable;
}

/** Answers on each task [rows × outputs]; scores rank the outputs, others are logits or log-probabilities. */
interface Answered {
  readonly scores: boolean;
  readonly tasks: readonly Float32Array[];
}

/** What the predictor of the latest `evaluate` answered, and how many steps the engine had taken then. */
interface Answer {
  readonly predictor: Predictor;
  readonly steps: number;
  readonly answers: Answered;
}

/**
 * The most rows of a group of several tasks: the test data of a long stream is never all joined on the host at once.
 */
const ROWS_TOGETHER = 10_000;

const savedSchema = z.object({
  rows: z.array(z.array(z.number())),
  initial: z.array(z.number()).nullable(),
  live: z.array(z.tuple([z.number(), z.number()])),
});

/**
 * Judges a continual predictor: after every task its accuracy on the test set of every task, at the end the
 * distribution for every test sample. Task-IL: among the outputs of the sample's own task; otherwise among all
 * outputs. A method that ends with the predictor that was evaluated last is not asked again (see `Outcome`). It is
 * asked again if steps have been taken since, or if the trial was resumed, because this process has then not evaluated
 * it.
 */
export class ContinualEvaluator implements Pick<OpenSuite, 'evaluate' | 'save' | 'restore' | 'soFar' | 'finish'> {
  private readonly definition: EvaluatorDefinition;
  private readonly groups: readonly TestGroup[];
  private rows: number[][] = [];
  private initial: number[] | null = null;
  private live: [number, number][] = [];
  private latest: Answer | null = null;

  constructor(definition: EvaluatorDefinition) {
    this.definition = definition;
    this.groups = grouped(definition.tasks);
  }

  async evaluate(event: {
    readonly stage: number;
    readonly predictor: Predictor;
  }): Promise<Readonly<Record<string, number>>> {
    const { engine } = this.definition;
    this.latest = null;
    const answers = await this.answers(event.predictor);
    this.latest = { predictor: event.predictor, steps: engine.meter.steps, answers };
    const accuracies = answers.tasks.map((values, task) => this.accuracy(values, task));
    if (event.stage < 0) {
      this.initial = accuracies;
      return {};
    }
    this.rows.push(accuracies);
    const mean = accuracies.slice(0, event.stage + 1).reduce((sum, value) => sum + value, 0) / (event.stage + 1);
    this.live.push([event.stage + 1, mean]);
    return { 'accuracy on tasks so far': mean };
  }

  save(): JsonValue {
    return { rows: this.rows, initial: this.initial, live: this.live };
  }

  restore(saved: JsonValue): void {
    ({ rows: this.rows, initial: this.initial, live: this.live } = savedSchema.parse(saved));
  }

  /** Accuracies after the tasks that were evaluated, as matrices and as curves. */
  soFar(): Primitives {
    const { tasks } = this.definition;
    const curve = (name: string, points: readonly [number, number][]): Primitives['curves'][number] => ({
      name,
      x: 'task',
      points,
    });
    return {
      matrices: { accuracy: this.rows, ...(this.initial === null ? {} : { 'accuracy.init': [this.initial] }) },
      probabilities: {},
      curves: [
        curve('accuracy on tasks so far', this.live),
        ...tasks.map((_, task) =>
          curve(
            `accuracy on task ${task + 1}`,
            this.rows.map((row, stage): [number, number] => [stage + 1, row[task]]),
          ),
        ),
      ],
      scalars: {},
    };
  }

  async finish(outcome: Outcome): Promise<Primitives> {
    if (outcome.predictor === undefined) throw new Error('A continual method ended without a predictor.');
    const { engine, tasks, outputs, classNames } = this.definition;
    const { latest } = this;
    const { scores, tasks: answers } =
      latest?.predictor === outcome.predictor && latest.steps === engine.meter.steps
        ? latest.answers
        : await this.answers(outcome.predictor);
    const write = scores ? writeScores : writeSoftmax;
    const total = tasks.reduce((sum, task) => sum + task.rows, 0);
    const values = new Float32Array(total * outputs),
      labels = new Int32Array(total),
      taskOf = new Int32Array(total);
    let at = 0;
    for (const [index, task] of tasks.entries()) {
      write(answers[index], outputs, this.candidates(index), values.subarray(at * outputs, (at + task.rows) * outputs));
      labels.set(task.labels, at);
      taskOf.fill(index, at, (at += task.rows));
    }
    return {
      ...this.soFar(),
      probabilities: {
        test: { classes: outputs, values, ...(scores ? { scores } : {}), labels, tasks: taskOf, classNames },
      },
    };
  }

  /** Outputs among which a sample of this task is classified. */
  private candidates(task: number): readonly number[] {
    const { scenario, outputs, tasks } = this.definition;
    return scenario === 'task-il' ? tasks[task].outputs : Array.from({ length: outputs }, (_, i) => i);
  }

  private async answers(predictor: Predictor): Promise<Answered> {
    const { engine, stream, scenario, outputs, inputShape } = this.definition;
    const all: Float32Array[] = [];
    let scores = false;
    for (const group of this.groups) {
      group.variable ??= engine.variable(
        `test/from-task${all.length}`,
        { shape: [group.rows, ...inputShape], dtype: 'float32' },
        inputsOf(group, inputShape),
      );
      const first = all.length;
      const { kind, values } = classAnswers(
        await predictor.answer({
          inputs: group.variable,
          rows: group.rows,
          ...(scenario === 'task-il' ? { tasks: tasksOf(group, first) } : {}),
          stream: (name) => stream(`answers/test/from-task${first}/${name}`),
        }),
        group.rows,
        outputs,
      );
      scores ||= kind === 'scores';
      let at = 0;
      for (const { rows } of group.tasks) all.push(values.subarray(at * outputs, (at += rows) * outputs));
    }
    return { scores, tasks: all };
  }

  private accuracy(values: Float32Array, task: number): number {
    const { outputs, tasks } = this.definition;
    const candidates = this.candidates(task);
    let right = 0;
    for (let row = 0; row < tasks[task].rows; row++) {
      let best = candidates[0];
      for (const output of candidates) if (values[row * outputs + output] > values[row * outputs + best]) best = output;
      if (best === tasks[task].labels[row]) right++;
    }
    return right / tasks[task].rows;
  }
}

/** A suite that is open: what the method sees, and who judges it. */
export function judgedBy(evaluator: ContinualEvaluator, protocol: Protocol): OpenSuite {
  return {
    protocol,
    evaluate: (event) => evaluator.evaluate(event),
    save: () => evaluator.save(),
    restore: (saved) => evaluator.restore(saved),
    soFar: () => evaluator.soFar(),
    finish: (outcome) => evaluator.finish(outcome),
  };
}

/** Consecutive tasks in groups of at most ROWS_TOGETHER rows; a larger task is a group of its own. */
function grouped(tasks: readonly TestTask[]): TestGroup[] {
  const groups: TestGroup[] = [];
  for (const task of tasks) {
    const last = groups.at(-1);
    if (last !== undefined && last.rows + task.rows <= ROWS_TOGETHER)
      groups[groups.length - 1] = { tasks: [...last.tasks, task], rows: last.rows + task.rows };
    else groups.push({ tasks: [task], rows: task.rows });
  }
  return groups;
}

function inputsOf({ tasks, rows }: TestGroup, inputShape: readonly number[]): Float32Array {
  const width = inputShape.reduce((product, size) => product * size, 1);
  const all = new Float32Array(rows * width);
  let at = 0;
  for (const task of tasks) task.writeInputs(all.subarray(at * width, (at += task.rows) * width));
  return all;
}

/** The task of each row of a group whose first task is `first`. */
function tasksOf({ tasks, rows }: TestGroup, first: number): Int32Array {
  const all = new Int32Array(rows);
  let at = 0;
  for (const [index, task] of tasks.entries()) all.fill(first + index, at, (at += task.rows));
  return all;
}

/** Scores [rows × outputs] of the candidates as they are; an output that is none has less than the least of them. */
function writeScores(scores: Float32Array, outputs: number, candidates: readonly number[], into: Float32Array): void {
  for (let row = 0; row < scores.length; row += outputs) {
    const least = Math.min(...candidates.map((c) => scores[row + c]));
    into.fill(least - 1, row, row + outputs);
    for (const c of candidates) into[row + c] = scores[row + c];
  }
}

/** Softmax of each row of logits [rows × outputs] among the candidates; 0 elsewhere, where `into` is zeros. */
function writeSoftmax(logits: Float32Array, outputs: number, candidates: readonly number[], into: Float32Array): void {
  for (let row = 0; row < logits.length; row += outputs) {
    let largest = -Infinity,
      sum = 0;
    for (const c of candidates) largest = Math.max(largest, logits[row + c]);
    for (const c of candidates) sum += into[row + c] = Math.exp(logits[row + c] - largest);
    for (const c of candidates) into[row + c] /= sum;
  }
}
