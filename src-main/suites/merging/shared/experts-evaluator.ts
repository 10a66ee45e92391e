import { buildNetwork } from '../../../engine/networks/networks.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import { classAnswers } from '../../../methods/answers.ts';
import type { ExpertsFacts, JsonValue, Outcome, Predictor, Protocol } from '../../../methods/contract.ts';
import { START } from '../../../methods/merging/shared/protocol.ts';
import { softmaxRows } from '../../../methods/shared/softmax.ts';
import type { ResidentSplit } from '../../../methods/training/contract.ts';
import { accuracy } from '../../../metrics/predictions.ts';
import type { Primitives, SampleProbabilities } from '../../../metrics/primitives.ts';
import type { OpenSuite, SuiteEnvironment } from '../../contract.ts';
import { measurer } from './interpolation.ts';

type Labelled = ResidentSplit & { readonly labels: Int32Array };

/** A task as it is judged. */
export interface JudgedTask {
  readonly head: string;
  readonly outputs: number;
  /** The accuracy's other name. */
  readonly measuredAs?: string;
  test(): Labelled;
  validation(): Labelled;
}

/** Other test rows, judged with the head of a task. */
export interface FurtherTest {
  readonly task: number;
  readonly measuredAs: string;
  test(): Labelled;
}

export interface EvaluatorParts {
  readonly environment: SuiteEnvironment;
  readonly facts: ExpertsFacts;
  readonly protocol: Protocol;
  readonly judged: 'own heads' | 'joint';
  readonly tasks: readonly JudgedTask[];
  readonly unseen: readonly JudgedTask[];
  readonly further: readonly FurtherTest[];
  /** Whether experts and start are measured beside what is made of them. */
  readonly measuresExperts: boolean;
}

const NOTHING: Primitives = { matrices: {}, probabilities: {}, curves: [], scalars: {} };

/**
 * Judges what is made of experts: on the test rows of each task with that task's head, where asked for over the classes
 * of all tasks together, and on tasks that no expert knew. The experts and their start are measured on the same rows,
 * so that an accuracy can be said as a share of the expert's own.
 */
export class ExpertsEvaluator implements OpenSuite {
  readonly protocol: Protocol;
  readonly #parts: EvaluatorParts;

  constructor(parts: EvaluatorParts) {
    this.protocol = parts.protocol;
    this.#parts = parts;
  }

  async evaluate(): Promise<Readonly<Record<string, number>>> {
    return {};
  }

  save(): JsonValue {
    return null;
  }

  restore(): void {
    // Nothing is measured before the end.
  }

  soFar(): Primitives {
    return NOTHING;
  }

  async finish({ predictor, knownTasks, parameterSets = {} }: Outcome): Promise<Primitives> {
    const { tasks, unseen, judged, measuresExperts } = this.#parts;
    if (predictor === undefined) throw new Error('A method on trained networks ended without a predictor.');
    const test = await this.#ofTasks(predictor, 'test', tasks);
    const validation = await this.#ofTasks(predictor, 'validation', tasks);
    const known = knownTasks ?? tasks.length + unseen.length;
    const others =
      known < tasks.length + unseen.length ? [] : await this.#ofTasks(predictor, 'test', unseen, tasks.length);
    return {
      ...NOTHING,
      probabilities: {
        test: judged === 'joint' ? await this.#joint(predictor, 'test') : together(test),
        validation: judged === 'joint' ? await this.#joint(predictor, 'validation') : together(validation),
      },
      matrices: {
        'accuracy.tasks': [test.map(accuracyOf)],
        ...(others.length === 0 ? {} : { 'accuracy.unseen': [others.map(accuracyOf)] }),
        ...Object.fromEntries(
          tasks.flatMap(({ measuredAs }, task) =>
            measuredAs === undefined ? [] : [[`accuracy.${measuredAs}`, [[accuracyOf(test[task])]]]],
          ),
        ),
        ...(await this.#ofFurther(predictor)),
        ...(measuresExperts ? await this.#ofNetworks(parameterSets) : {}),
      },
    };
  }

  /** Answers to the rows of each task, which is told. */
  async #ofTasks(
    predictor: Predictor,
    split: 'test' | 'validation',
    tasks: readonly JudgedTask[],
    first = 0,
  ): Promise<SampleProbabilities[]> {
    const found: SampleProbabilities[] = [];
    for (const [index, { outputs, ...task }] of tasks.entries())
      found.push(await this.#told(predictor, task[split](), { task: first + index, outputs, name: split }));
    return found;
  }

  /** Accuracies on further test rows, a row of one number each. */
  async #ofFurther(predictor: Predictor): Promise<Primitives['matrices']> {
    const found: Record<string, number[][]> = {};
    for (const { task, measuredAs, test } of this.#parts.further) {
      const { outputs } = this.#parts.tasks[task];
      const samples = await this.#told(predictor, test(), { task, outputs, name: measuredAs });
      found[`accuracy.${measuredAs}`] = [[accuracyOf(samples)]];
    }
    return found;
  }

  /** Answers to rows of one task, which is told. */
  async #told(
    predictor: Predictor,
    { x, rows, labels }: Labelled,
    { task, outputs, name }: { readonly task: number; readonly outputs: number; readonly name: string },
  ): Promise<SampleProbabilities> {
    const told = new Int32Array(rows).fill(task);
    const answers = await predictor.answer({
      inputs: x,
      rows,
      tasks: told,
      stream: (draw) => this.#parts.environment.stream(`answers/${name}/task${task}/${draw}`),
    });
    const values = softmaxRows(classAnswers(answers, rows, outputs).values, outputs);
    return { classes: outputs, values, labels, tasks: told };
  }

  /** Answers to the rows of all tasks over the classes of all tasks: nobody says which task a row is of. */
  async #joint(predictor: Predictor, split: 'test' | 'validation'): Promise<SampleProbabilities> {
    const { tasks, environment } = this.#parts;
    const classes = tasks.reduce((sum, { outputs }) => sum + outputs, 0);
    const found: SampleProbabilities[] = [];
    let before = 0;
    for (const [index, task] of tasks.entries()) {
      const { x, rows, labels } = task[split]();
      const answers = await predictor.answer({
        inputs: x,
        rows,
        stream: (name) => environment.stream(`answers/${split}/joint${index}/${name}`),
      });
      found.push({
        classes,
        values: softmaxRows(classAnswers(answers, rows, classes).values, classes),
        labels: labels.map((label) => label + before),
        tasks: new Int32Array(rows).fill(index),
      });
      before += task.outputs;
    }
    return together(found);
  }

  /** Accuracies of the experts, each on its own task, and of the start on every task, where the outcome has them. */
  async #ofNetworks(sets: Readonly<Record<string, NamedArrays>>): Promise<Primitives['matrices']> {
    const { environment, facts, tasks } = this.#parts;
    const { engine, network } = environment;
    const accuracy = async (values: NamedArrays, task: JudgedTask, spec = network.spec): Promise<number> => {
      const heads = spec.heads.filter(({ name }) => name === task.head);
      const alone = buildNetwork({ ...spec, heads: [heads[0]] });
      return (await measurer(engine, alone, task.test())(values)).accuracy;
    };
    const best = new Map<number, number>();
    for (const [index, member] of facts.members.entries()) {
      const values = sets[`expert/${index}`];
      if (values === undefined) continue;
      const own = await accuracy(values, tasks[member.task], member.network);
      best.set(member.task, Math.max(best.get(member.task) ?? 0, own));
    }
    const experts = tasks.map((_, task) => best.get(task));
    const start: number[] = [];
    if (sets[START] !== undefined) for (const task of tasks) start.push(await accuracy(sets[START], task));
    return {
      ...(experts.every((value) => value !== undefined) ? { 'accuracy.experts': [experts] } : {}),
      ...(start.length === 0 ? {} : { 'accuracy.start': [start] }),
    };
  }
}

const accuracyOf = (samples: SampleProbabilities): number => accuracy(samples) ?? Number.NaN;

/** Samples of several tasks in one list; a task with fewer classes says 0 of the others. */
function together(parts: readonly SampleProbabilities[]): SampleProbabilities {
  const classes = Math.max(...parts.map((part) => part.classes));
  const rows = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const values = new Float32Array(rows * classes);
  const labels = new Int32Array(rows);
  const tasks = new Int32Array(rows);
  let at = 0;
  for (const part of parts) {
    part.labels.forEach((_, row) =>
      values.set(part.values.subarray(row * part.classes, (row + 1) * part.classes), (at + row) * classes),
    );
    labels.set(part.labels, at);
    tasks.set(part.tasks ?? new Int32Array(part.labels.length), at);
    at += part.labels.length;
  }
  return { classes, values, labels, tasks };
}
