import type { Question } from '../methods/answers.ts';
import type { Budget, Method, Permit, Protocol, ProtocolKind, TrialContext, TrialState } from '../methods/contract.ts';
import { grantWords } from '../methods/grants.ts';
import type { Grant } from '../methods/grants.ts';

/** What a method reached for without asking for it, or what its suite does not hand out. */
export class NotAskedFor extends Error {
  override readonly name = 'NotAskedFor';
}

/** Rows beside the training examples of the budget, over which passes may go. */
const OTHER_ROWS: readonly Grant[] = ['validation', 'training-inputs', 'unlabelled-test'];

/** What of a context is handed to a method as it asks for it. */
type Granted = Pick<TrialContext, 'protocol' | 'state' | 'need'>;

/**
 * The one place that keeps from a method what it does not ask for: validation rows, test inputs, other tasks' examples,
 * memories of examples, boundaries between tasks, passes beyond the budget. What stays out of sight: examples whose ids
 * a method computes inside of a step, and passes that it does not count.
 */
export class Grants implements Permit {
  readonly #title: string;
  readonly #kind: ProtocolKind;
  readonly #asked: ReadonlySet<Grant>;
  /** The task of a stream that is being learned; earlier and later ones are others. */
  stage = 0;

  constructor({ title, asks, protocol }: Pick<Method, 'title' | 'asks' | 'protocol'>) {
    this.#kind = protocol;
    this.#title = title;
    this.#asked = new Set(asks);
  }

  has(grant: Grant): boolean {
    return this.#asked.has(grant);
  }

  need(grant: Grant, doing: string): void {
    if (this.has(grant)) return;
    throw new NotAskedFor(
      `${this.#title} ${doing}, and does not ask for ${grantWords(grant).noun}. Add '${grant}' to \`asks\` in its ` +
        'file, or do without.',
    );
  }

  /** What the suite and the runner offer, as far as the method may use it. */
  of(protocol: Protocol, state: TrialState): Granted {
    return {
      protocol: protocol.permitted(this),
      state: this.#state(state),
      need: (grant, doing) => this.need(grant, doing),
    };
  }

  /**
   * A question without the tasks of its rows, unless the method asks for them. Suites of experts say themselves which
   * head answers: that is no privilege of a method.
   */
  question({ tasks, ...open }: Question): Question {
    if (tasks === undefined) return open;
    if (this.#kind === 'experts' || this.has('task-id-at-test')) return { ...open, tasks };
    // not enumerable, so that a question may be handed on as a copy
    return Object.defineProperty(open, 'tasks', {
      get: () => this.need('task-id-at-test', 'reads the tasks of test rows'),
    });
  }

  /**
   * At a yield: passes beyond one for each example are extra. Where a method may use validation data, or training or
   * test inputs without labels, its passes can also be over those. A merge that may not train has none of its own:
   * those that are counted estimate batch-norm statistics, for every merge alike.
   */
  checkPasses({ examples, forwardPasses, backwardPasses }: Budget): void {
    if (this.#kind === 'experts' && !this.has('all-tasks')) return;
    if (OTHER_ROWS.some((grant) => this.has(grant))) return;
    if (Math.max(forwardPasses, backwardPasses) > examples)
      this.need('extra-passes', 'passes over examples more often than it trains on them');
  }

  #state(state: TrialState): TrialState {
    return {
      variable: (...given) => state.variable(...given),
      int32: (...given) => state.int32(...given),
      float32: (...given) => state.float32(...given),
      examples: (...given) => {
        this.need('replay-memory', `keeps examples ("${given[0]}")`);
        return state.examples(...given);
      },
      forget: (...given) => state.forget(...given),
      restored: state.restored,
    };
  }
}
