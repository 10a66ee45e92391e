import type { NativeBackend } from './binding.ts';
import { withAdamWrittenOut } from '../kernels/adam-arithmetic.ts';
import { ELEMENTWISE, withFusedChains } from '../kernels/elementwise-chains.ts';
import { numericsOf, stepsPerCallFor, type Kernels } from '../recording/execution.ts';
import { FILTER_GRADIENT, withFilterGradients } from '../kernels/filter-gradients.ts';
import { programFlops } from '../recording/flops.ts';
import type { SessionOptions } from '../recording/graphdef.ts';
import { LiveSession, programKey } from '../recording/live-session.ts';
import type { Program, ProgramOutput } from '../recording/program.ts';
import { mapValues } from '../recording/records.ts';
import { RECTIFIED_GRADIENT, withRectifiedProducts } from '../kernels/rectified-products.ts';
import { rewritten, rewrittenByRules } from '../recording/rewrites.ts';
import type { GraphCall } from '../recording/session.ts';
import {
  checkData,
  emptyData,
  floatOrInt,
  resolveSpecs,
  signatureOf,
  sizeOf,
  stackFeeds,
} from '../recording/signatures.ts';
import { backgroundOf, SPARSE_PRODUCT, withSparseProducts } from '../kernels/sparse-products.ts';
import { withStateAsValues } from '../recording/state-values.ts';
import type { RuleResult, StepLife } from '../recording/step-life.ts';
import { stepFailure } from '../recording/step-failure.ts';
import { tf } from '../tf.ts';
import { Tracer } from '../recording/tracer.ts';
import { VariableIds } from '../recording/variable-ids.ts';
import {
  EngineError,
  type BackendName,
  type CompiledStep,
  type Engine,
  type Feed,
  type Live,
  type Meter,
  type Outputs,
  type StepDefinition,
  type StepInputs,
  type TensorData,
  type TensorSpec,
  type Variable,
} from '../types.ts';

/** A recorded step for one signature of input shapes. */
interface Recording<O extends string> {
  readonly program: Program<O>;
  readonly specs: Readonly<Record<string, TensorSpec>>;
  readonly flops: number;
  readonly key: string;
  readonly variables: readonly Variable[];
}

interface Resident {
  readonly variable: Variable;
  /** What it is to hold, as long as the session does not have it. */
  pending: TensorData | null;
  /** What most of it consisted of when it was made; see `backgroundOf`. */
  readonly background: number | null;
}

/** A rule that brings in operations of `kernels/native/operations.cc`. */
interface OwnRule<O extends string> {
  readonly name: string;
  readonly rule: (before: Program<O>) => Program<O>;
}

export interface TensorFlowRuntime {
  readonly backend: NativeBackend;
  readonly name: BackendName;
  readonly sessionAddon: string;
  readonly session: SessionOptions;
  readonly kernels: Kernels;
  /** The operations of `native/operations.cc` that steps may have. */
  readonly own: ReadonlySet<string>;
  readonly versions: Readonly<Record<string, string>>;
  /**
   * The most nodes of a graph that is kept when everything is released: the session then stays without the variables'
   * values, and a step that is recorded again finds its graph ready. 0: the session is closed.
   */
  readonly keptNodes: number;
  /** Told of every step that is recorded; the function gathers its stages, which takes longer than recording it. */
  readonly onRecorded?: ((life: () => StepLife) => void) | undefined;
}

function ownResults(before: Program, rules: readonly OwnRule<string>[]): RuleResult[] {
  let program = before;
  return rules.map(({ name, rule }) => ({ rule: name, program: (program = rule(program)) }));
}

/**
 * A variable with so many elements goes into the session at once, because a copy of it would take longer. Small ones
 * wait and go together.
 */
const LARGE = 2 ** 18;

/** TensorFlow through recorded graphs: each step is one native call in one session that holds all variables. */
export class TensorFlowEngine implements Engine {
  readonly backend: BackendName;
  readonly versions: Readonly<Record<string, string>>;
  readonly numerics: string;
  private readonly runtime: TensorFlowRuntime;
  private readonly residents = new Map<number, Resident>();
  private readonly steps = new Set<object>();
  /** Released, and still in the session: dropped together at the next call, or with the session. */
  private dropped: Variable[] = [];
  private session: LiveSession | null = null;
  private readonly ids = new VariableIds();
  private counts: Meter = { steps: 0, calls: 0, flops: 0, preparation: 0 };

  constructor(runtime: TensorFlowRuntime) {
    this.runtime = runtime;
    this.backend = runtime.name;
    this.versions = runtime.versions;
    this.numerics = numericsOf(runtime.name, runtime.versions['tensorflow'] ?? 'unknown', runtime.kernels, runtime.own);
  }

  get meter(): Meter {
    return this.counts;
  }

  variable(name: string, spec: TensorSpec, initial?: TensorData): Variable {
    const data = initial ?? emptyData(spec);
    checkData(`Variable ${name}`, spec, data);
    const variable: Variable = { id: this.ids.take(spec), name, shape: [...spec.shape], dtype: spec.dtype };
    const large = data.length >= LARGE;
    if (large) {
      this.flushDropped();
      this.opened().initialise([{ variable, data }]);
    }
    const background = this.runtime.own.has(SPARSE_PRODUCT) && initial !== undefined ? backgroundOf(initial) : null;
    this.residents.set(variable.id, { variable, pending: large ? null : data.slice(), background });
    return variable;
  }

  async read(variable: Variable): Promise<Float32Array | Int32Array> {
    const resident = this.resident(variable);
    return floatOrInt(resident.pending === null ? this.opened().read(variable) : resident.pending.slice());
  }

  write(variable: Variable, data: TensorData): void {
    checkData(`Variable ${variable.name}`, variable, data);
    const resident = this.resident(variable);
    if (resident.pending === null) this.opened().initialise([{ variable, data }]);
    else resident.pending = data.slice();
  }

  release(variable: Variable): void {
    const resident = this.residents.get(variable.id);
    if (resident?.variable !== variable) return;
    this.residents.delete(variable.id);
    this.ids.giveBack(variable.id, variable);
    if (resident.pending === null) this.dropped.push(variable);
    this.settleWhenUnused();
  }

  compileStep<const I extends StepInputs, O extends string>(definition: StepDefinition<I, O>): CompiledStep<I, O> {
    const recordings = new Map<string, Recording<O>>();
    const token = {};
    this.steps.add(token);
    let flops = 0;
    let disposed = false;
    const record = (specs: Readonly<Record<string, TensorSpec>>): Recording<O> => {
      const recorded = new Tracer(this.runtime.backend, definition.name).record(definition, specs);
      const whole = rewritten(recorded);
      // Counted before operations of our own come in. What a step costs in principle does not depend on how many pixels
      // are black.
      const cost = programFlops(whole);
      const ownRules = this.ownRules<O>();
      const program = ownRules.reduce((before, { rule }) => rule(before), whole);
      this.runtime.onRecorded?.(() => ({
        name: definition.name,
        recorded,
        after: [...rewrittenByRules(recorded), ...ownResults(whole, this.ownRules())],
        flops: cost,
        stepsPerCall: definition.stepsPerCall ?? stepsPerCallFor(cost, program.instructions.length),
      }));
      flops = Math.max(flops, cost);
      return {
        program,
        specs,
        flops: cost,
        key: programKey(program),
        variables: [...new Set(program.instructions.flatMap(({ reads, writes }) => [...reads, ...writes]))],
      };
    };
    return {
      name: definition.name,
      get flops() {
        return flops;
      },
      run: async (feeds) => {
        if (disposed) throw new EngineError(`Step ${definition.name} was disposed.`);
        const outputs: Outputs<O>[] = [];
        let at = 0;
        while (at < feeds.length) {
          const specs = resolveSpecs(definition.name, definition.inputs, feeds[at]);
          const signature = signatureOf(specs);
          let end = at + 1;
          while (
            end < feeds.length &&
            signatureOf(resolveSpecs(definition.name, definition.inputs, feeds[end])) === signature
          )
            end++;
          let recording = recordings.get(signature);
          if (recording === undefined) {
            recording = record(specs);
            recordings.set(signature, recording);
          }
          this.runSameShape(definition, recording, feeds.slice(at, end), outputs);
          at = end;
        }
        return outputs;
      },
      dispose: () => {
        disposed = true;
        recordings.clear();
        this.steps.delete(token);
        this.settleWhenUnused();
      },
    };
  }

  live(): Live {
    return {
      tensors: tf.memory().numTensors,
      sessions: this.session === null ? 0 : 1,
      calls: this.session?.calls ?? 0,
    };
  }

  dispose(): void {
    this.residents.clear();
    this.steps.clear();
    this.close();
  }

  /** Products before chains, which leave nothing of the arithmetic that says what a product's background is. */
  private ownRules<O extends string>(): readonly OwnRule<O>[] {
    const { own } = this.runtime;
    const rules: readonly (OwnRule<O> & { readonly operation: string })[] = [
      {
        operation: SPARSE_PRODUCT,
        name: 'products of mostly equal numbers skip them',
        rule: (before) => withSparseProducts(before, (variable) => this.residents.get(variable.id)?.background ?? null),
      },
      { operation: RECTIFIED_GRADIENT, name: 'products skip rectified units', rule: withRectifiedProducts },
      { operation: FILTER_GRADIENT, name: 'gradients of filters are our own', rule: withFilterGradients },
      { operation: ELEMENTWISE, name: 'Adam is written out', rule: withAdamWrittenOut },
      { operation: ELEMENTWISE, name: 'variables are read once and written once', rule: withStateAsValues },
      { operation: ELEMENTWISE, name: 'element-wise arithmetic is one pass over memory', rule: withFusedChains },
    ];
    return rules.filter(({ operation }) => own.has(operation));
  }

  private runSameShape<I extends StepInputs, O extends string>(
    definition: StepDefinition<I, O>,
    recording: Recording<O>,
    feeds: readonly Feed<I>[],
    outputs: Outputs<O>[],
  ): void {
    const most = definition.stepsPerCall ?? stepsPerCallFor(recording.flops, recording.program.instructions.length);
    let at = 0;
    while (at < feeds.length) {
      // remainders go down in powers of two, so that few graphs serve every length
      let count = Math.min(most, feeds.length - at);
      if (count < most) count = 2 ** Math.floor(Math.log2(count));
      const began = performance.now();
      const { call, isNew } = this.callFor(recording, count);
      const part = feeds.slice(at, at + count);
      const values = recording.program.inputs.map((input) => {
        const spec = recording.specs[input.name];
        return {
          data: stackFeeds(
            spec,
            part.map((feed) => feed[input.name]),
          ),
          shape: [count, ...spec.shape],
        };
      });
      const results = attempted(definition.name, recording.program, () => call(values));
      for (let i = 0; i < count; i++) outputs.push(outputsOf(recording.program, results, i));
      const { steps, calls, flops, preparation } = this.counts;
      this.counts = {
        steps: steps + count,
        calls: calls + 1,
        flops: flops + count * recording.flops,
        preparation: preparation + (isNew ? (performance.now() - began) / 1000 : 0),
      };
      at += count;
    }
  }

  private callFor(recording: Recording<string>, repetitions: number): { call: GraphCall; isNew: boolean } {
    for (const variable of recording.variables) this.resident(variable);
    this.flush();
    return this.opened().call(recording.program, recording.key, repetitions);
  }

  /** Brings the session up to date: variables that were released leave it, those made since the last call come in. */
  private flush(): void {
    this.flushDropped();
    const fresh = [...this.residents.values()].filter((resident) => resident.pending !== null);
    if (fresh.length === 0) return;
    this.opened().initialise(
      fresh.map(({ variable, pending }) => ({ variable, data: pending ?? emptyData(variable) })),
    );
    for (const resident of fresh) resident.pending = null;
  }

  private flushDropped(): void {
    const { dropped } = this;
    this.dropped = [];
    if (dropped.length > 0) this.opened().drop(dropped);
  }

  private opened(): LiveSession {
    this.session ??= new LiveSession(this.runtime.sessionAddon, this.runtime.session);
    return this.session;
  }

  /** With nothing left that uses the session, its variables go at least. */
  private settleWhenUnused(): void {
    if (this.residents.size > 0 || this.steps.size > 0 || this.session === null) return;
    if (!this.session.failed && this.session.nodes <= this.runtime.keptNodes) this.flushDropped();
    else this.close();
  }

  private close(): void {
    this.session?.close();
    this.session = null;
    this.dropped = [];
  }

  private resident(variable: Variable): Resident {
    const resident = this.residents.get(variable.id);
    if (resident === undefined || resident.variable !== variable)
      throw new EngineError(`Variable ${variable.name} does not belong to this engine, or was released.`);
    return resident;
  }
}

/** What a call answers; throws what TensorFlow says in the step's words. */
function attempted<T>(step: string, program: Program, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new EngineError(stepFailure(step, program, error instanceof Error ? error.message : String(error)), {
      cause: error,
    });
  }
}

/** The outputs of repetition `index` out of what the call fetched. */
function outputsOf<O extends string>(
  program: Program<O>,
  results: readonly { data: TensorData }[],
  index: number,
): Outputs<O> {
  const fetched = new Map(Object.keys(program.outputs).map((name, i) => [name, results[i].data]));
  return mapValues<O, ProgramOutput, Float32Array | Int32Array>(program.outputs, ({ shape }, name) => {
    const each = sizeOf(shape),
      data = fetched.get(name);
    if (data === undefined) throw new EngineError(`TensorFlow did not answer the output ${name}.`);
    return floatOrInt(data.subarray(index * each, (index + 1) * each));
  });
}
