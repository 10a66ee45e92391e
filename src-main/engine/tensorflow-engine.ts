import type { NativeBackend } from './backends.ts';
import { numericsOf, stepsPerCallFor, type Kernels } from './execution.ts';
import { programFlops } from './flops.ts';
import { DATA_TYPES, type GraphNode, type SessionThreads } from './graphdef.ts';
import { emitProgram, handleName, handleNode } from './emission.ts';
import type { Program, ProgramOutput } from './program.ts';
import { mapValues } from './records.ts';
import { rewritten } from './rewrites.ts';
import { openGraphSession, type GraphCall, type GraphSession } from './session.ts';
import { checkData, emptyData, floatOrInt, resolveSpecs, signatureOf, sizeOf, stackFeeds } from './signatures.ts';
import { tf } from './tf.ts';
import { Tracer } from './tracer.ts';
import { EngineError, type BackendName, type CompiledStep, type Engine, type Feed, type Outputs, type StepDefinition, type StepInputs, type TensorData, type TensorSpec, type Variable } from './types.ts';

/** A recorded step for one signature of input shapes. */
interface Recording<O extends string> {
  readonly program: Program<O>;
  readonly specs: Readonly<Record<string, TensorSpec>>;
  readonly flops: number;
  readonly calls: Map<number, GraphCall>;
  readonly index: number;
}

interface Resident {
  readonly variable: Variable;
  pending: TensorData | null;
  init?: GraphCall;
  read?: GraphCall;
}

export interface TensorFlowRuntime {
  readonly backend: NativeBackend;
  readonly name: BackendName;
  readonly sessionAddon: string;
  readonly threads: SessionThreads;
  readonly kernels: Kernels;
  readonly versions: Readonly<Record<string, string>>;
}

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
  private session: GraphSession | null = null;
  private counter = 0;
  private counts = { steps: 0, calls: 0, flops: 0 };

  constructor(runtime: TensorFlowRuntime) {
    this.runtime = runtime;
    this.backend = runtime.name;
    this.versions = runtime.versions;
    this.numerics = numericsOf(runtime.name, runtime.versions['tensorflow'] ?? 'unknown', runtime.kernels);
  }

  get meter(): { steps: number; calls: number; flops: number } {
    return { ...this.counts };
  }

  variable(name: string, spec: TensorSpec, initial?: TensorData): Variable {
    const data = initial ?? emptyData(spec);
    checkData(`Variable ${name}`, spec, data);
    const variable: Variable = { id: this.counter++, name, shape: [...spec.shape], dtype: spec.dtype };
    this.residents.set(variable.id, { variable, pending: data.slice() });
    return variable;
  }

  async read(variable: Variable): Promise<Float32Array | Int32Array> {
    const resident = this.resident(variable);
    if (resident.pending !== null) return floatOrInt(resident.pending.slice());
    resident.read ??= this.opened().prepare([], [`${handleName(variable)}/read:0`], []);
    return floatOrInt(resident.read([])[0].data);
  }

  write(variable: Variable, data: TensorData): void {
    checkData(`Variable ${variable.name}`, variable, data);
    const resident = this.resident(variable);
    if (resident.init === undefined) {
      resident.pending = data.slice();
    } else {
      resident.init([{ data, shape: variable.shape }]);
      resident.pending = null;
    }
  }

  release(variable: Variable): void {
    const resident = this.residents.get(variable.id);
    if (resident === undefined) return;
    this.residents.delete(variable.id);
    if (resident.init !== undefined) this.dropped.push(variable);
    this.closeWhenUnused();
  }

  compileStep<const I extends StepInputs, O extends string>(definition: StepDefinition<I, O>): CompiledStep<I, O> {
    const recordings = new Map<string, Recording<O>>();
    const token = {};
    this.steps.add(token);
    let flops = 0;
    let disposed = false;
    const record = (specs: Readonly<Record<string, TensorSpec>>): Recording<O> => {
      const program = rewritten(new Tracer(this.runtime.backend, definition.name).record(definition, specs));
      const cost = programFlops(program);
      flops = Math.max(flops, cost);
      return { program, specs, flops: cost, calls: new Map(), index: this.counter++ };
    };
    return {
      name: definition.name,
      get flops() { return flops; },
      run: async (feeds) => {
        if (disposed) throw new EngineError(`Step ${definition.name} was disposed.`);
        const outputs: Outputs<O>[] = [];
        let at = 0;
        while (at < feeds.length) {
          const specs = resolveSpecs(definition.name, definition.inputs, feeds[at]);
          const signature = signatureOf(specs);
          let end = at + 1;
          while (end < feeds.length && signatureOf(resolveSpecs(definition.name, definition.inputs, feeds[end])) === signature) end++;
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
        this.closeWhenUnused();
      },
    };
  }

  live(): { tensors: number; sessions: number } {
    return { tensors: tf.memory().numTensors, sessions: this.session === null ? 0 : 1 };
  }

  dispose(): void {
    this.residents.clear();
    this.steps.clear();
    this.closeWhenUnused();
  }

  private runSameShape<I extends StepInputs, O extends string>(definition: StepDefinition<I, O>, recording: Recording<O>, feeds: readonly Feed<I>[], outputs: Outputs<O>[]): void {
    const most = definition.stepsPerCall ?? stepsPerCallFor(recording.flops);
    let at = 0;
    while (at < feeds.length) {
      // remainders go down in powers of two, so that few graphs serve every length
      let count = Math.min(most, feeds.length - at);
      if (count < most) count = 2 ** Math.floor(Math.log2(count));
      const call = this.callFor(recording, count);
      const part = feeds.slice(at, at + count);
      const results = call(recording.program.inputs.map((input) => {
        const spec = recording.specs[input.name];
        return { data: stackFeeds(spec, part.map((feed) => feed[input.name])), shape: [count, ...spec.shape] };
      }));
      for (let i = 0; i < count; i++) outputs.push(outputsOf(recording.program, results, i));
      this.counts = { steps: this.counts.steps + count, calls: this.counts.calls + 1, flops: this.counts.flops + count * recording.flops };
      at += count;
    }
  }

  private callFor(recording: Recording<string>, repetitions: number): GraphCall {
    this.flush();
    const known = recording.calls.get(repetitions);
    if (known !== undefined) return known;
    const emitted = emitProgram(recording.program, `s${recording.index}x${repetitions}`, repetitions);
    const session = this.opened();
    session.extend(emitted.nodes);
    const call = session.prepare(emitted.feeds, emitted.fetches, emitted.targets);
    recording.calls.set(repetitions, call);
    return call;
  }

  /** Brings the session up to date, all in one go: variables that were released leave it, those made since the last call come in. */
  private flush(): void {
    if (this.dropped.length > 0) {
      this.opened().prepare([], [], this.dropped.map((variable) => `${handleName(variable)}/drop`))([]);
      this.dropped = [];
    }
    const fresh = [...this.residents.values()].filter((resident) => resident.pending !== null);
    if (fresh.length === 0) return;
    const session = this.opened();
    session.extend(fresh.flatMap((resident) => variableNodes(resident.variable)));
    session.prepare(fresh.map((r) => `${handleName(r.variable)}/in:0`), [], fresh.map((r) => `${handleName(r.variable)}/init`))(
      fresh.map((r) => ({ data: r.pending ?? emptyData(r.variable), shape: r.variable.shape })),
    );
    for (const resident of fresh) {
      const name = handleName(resident.variable);
      resident.pending = null;
      resident.init = session.prepare([`${name}/in:0`], [], [`${name}/init`]);
    }
  }

  private opened(): GraphSession {
    this.session ??= openGraphSession(this.runtime.sessionAddon, this.runtime.threads);
    return this.session;
  }

  /** A session's graph only grows: it is dropped, with everything it holds, as soon as nothing uses it. */
  private closeWhenUnused(): void {
    if (this.residents.size > 0 || this.steps.size > 0) return;
    this.session?.close();
    this.session = null;
    this.dropped = [];
  }

  private resident(variable: Variable): Resident {
    const resident = this.residents.get(variable.id);
    if (resident === undefined || resident.variable !== variable) throw new EngineError(`Variable ${variable.name} does not belong to this engine, or was released.`);
    return resident;
  }
}

function variableNodes(variable: Variable): GraphNode[] {
  const name = handleName(variable);
  const dtype = { kind: 'type', value: DATA_TYPES[variable.dtype] } as const;
  const shape = { kind: 'shape', value: variable.shape } as const;
  return [
    handleNode(name, variable),
    { name: `${name}/in`, op: 'Placeholder', inputs: [], attributes: { dtype, shape } },
    { name: `${name}/init`, op: 'AssignVariableOp', inputs: [name, `${name}/in:0`], attributes: { dtype } },
    { name: `${name}/read`, op: 'ReadVariableOp', inputs: [name], attributes: { dtype } },
    { name: `${name}/drop`, op: 'DestroyResourceOp', inputs: [name], attributes: {} },
  ];
}

/** The outputs of repetition `index` out of what the call fetched. */
function outputsOf<O extends string>(program: Program<O>, results: readonly { data: TensorData }[], index: number): Outputs<O> {
  const fetched = new Map(Object.keys(program.outputs).map((name, i) => [name, results[i].data]));
  return mapValues<O, ProgramOutput, Float32Array | Int32Array>(program.outputs, ({ shape }, name) => {
    const each = sizeOf(shape), data = fetched.get(name);
    if (data === undefined) throw new EngineError(`TensorFlow did not answer the output ${name}.`);
    return floatOrInt(data.subarray(index * each, (index + 1) * each));
  });
}
