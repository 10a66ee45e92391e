import { PROGRAM_NUMERICS } from '../numerics.ts';
import { mapValues, mapValuesAsync } from '../recording/records.ts';
import { checkData, emptyData, floatOrInt, resolveSpecs, signatureOf, sizeOf } from '../recording/signatures.ts';
import { countingFlops } from './kernel-flops.ts';
import { statelessNormal, statelessUniform } from '../random/stateless-random.ts';
import { tf, type Tensor } from '../tf.ts';
import { pick } from '../recording/tracer.ts';
import {
  EngineError,
  type BackendName,
  type CompiledStep,
  type Engine,
  type Feed,
  type FusedUpdates,
  type Live,
  type Meter,
  type Outputs,
  type StepDefinition,
  type StepInputs,
  type StepScope,
  type TensorData,
  type TensorSpec,
  type Variable,
} from '../types.ts';

/**
 * So many steps are issued before their outputs are read. A GPU computes meanwhile, and outputs are not held for long.
 */
const STEPS_PER_READ = 16;

/** Floating-point operations of one step, by the signature of its inputs' shapes. */
type StepCosts = Map<string, number>;

/**
 * Runs steps operation by operation on whatever tfjs backend is active: the same results as recorded steps, within
 * rounding.
 */
export class EagerEngine implements Engine {
  readonly backend: BackendName;
  readonly versions: Readonly<Record<string, string>>;
  readonly numerics: string;
  private readonly values = new Map<number, Tensor>();
  private counter = 0;
  private counts = { steps: 0, calls: 0, flops: 0 };

  /**
   * @param arithmetic what else decides how numbers are rounded, beside the release of tfjs: the kind of GPU,
   * TensorFlow's release and kernels
   */
  constructor(backend: BackendName, versions: Readonly<Record<string, string>>, arithmetic?: string) {
    this.backend = backend;
    this.versions = versions;
    const more = arithmetic === undefined ? '' : `/${arithmetic}`;
    this.numerics = `${backend}-${PROGRAM_NUMERICS.eager}/tfjs-${tf.version_core}${more}`;
  }

  get meter(): Meter {
    return { ...this.counts, preparation: 0 };
  }

  variable(name: string, spec: TensorSpec, initial?: TensorData): Variable {
    const variable: Variable = { id: this.counter++, name, shape: [...spec.shape], dtype: spec.dtype };
    this.write(variable, initial ?? emptyData(spec), true);
    return variable;
  }

  async read(variable: Variable): Promise<Float32Array | Int32Array> {
    return floatOrInt(await this.valueOf(variable).data());
  }

  write(variable: Variable, data: TensorData, fresh = false): void {
    checkData(`Variable ${variable.name}`, variable, data);
    if (!fresh) this.valueOf(variable).dispose();
    this.values.set(variable.id, tf.keep(tf.tensor(data.slice(), [...variable.shape], variable.dtype)));
  }

  release(variable: Variable): void {
    this.values.get(variable.id)?.dispose();
    this.values.delete(variable.id);
  }

  compileStep<const I extends StepInputs, O extends string>(definition: StepDefinition<I, O>): CompiledStep<I, O> {
    const costs: StepCosts = new Map();
    return {
      name: definition.name,
      get flops() {
        return Math.max(0, ...costs.values());
      },
      run: async (feeds) => {
        const outputs: Outputs<O>[] = [];
        for (let at = 0; at < feeds.length; at += STEPS_PER_READ)
          outputs.push(...(await this.runTogether(definition, costs, feeds.slice(at, at + STEPS_PER_READ))));
        return outputs;
      },
      dispose: () => undefined,
    };
  }

  live(): Live {
    return { tensors: tf.memory().numTensors, sessions: 0, calls: 0 };
  }

  dispose(): void {
    for (const tensor of this.values.values()) tensor.dispose();
    this.values.clear();
  }

  /** The steps of all feeds, in order, and then their outputs: one wait for the device instead of one per step. */
  private async runTogether<I extends StepInputs, O extends string>(
    definition: StepDefinition<I, O>,
    costs: StepCosts,
    feeds: readonly Feed<I>[],
  ): Promise<Outputs<O>[]> {
    const results: Record<O, Tensor>[] = [];
    try {
      for (const feed of feeds) {
        const specs = resolveSpecs(definition.name, definition.inputs, feed);
        const { steps, calls, flops } = this.counts;
        const cost = this.runCounted(definition, costs, specs, feed, results);
        this.counts = { steps: steps + 1, calls: calls + 1, flops: flops + cost };
      }
      return await Promise.all(
        results.map((tensors) => mapValuesAsync(tensors, async (tensor) => floatOrInt(await tensor.data()))),
      );
    } finally {
      for (const tensors of results) for (const tensor of Object.values<Tensor>(tensors)) tensor.dispose();
    }
  }

  /**
   * Runs a step and answers its floating-point operations: counted once for each signature of input shapes, on which
   * alone they depend.
   */
  private runCounted<I extends StepInputs, O extends string>(
    definition: StepDefinition<I, O>,
    costs: StepCosts,
    specs: Readonly<Record<string, TensorSpec>>,
    feed: Feed<I>,
    results: Record<O, Tensor>[],
  ): number {
    const signature = signatureOf(specs);
    const known = costs.get(signature);
    if (known !== undefined) {
      results.push(this.runOnce(definition, specs, feed));
      return known;
    }
    const { result, flops } = countingFlops(() => this.runOnce(definition, specs, feed));
    results.push(result);
    costs.set(signature, flops);
    return flops;
  }

  private runOnce<I extends StepInputs, O extends string>(
    definition: StepDefinition<I, O>,
    specs: Readonly<Record<string, TensorSpec>>,
    feed: Feed<I>,
  ): Record<O, Tensor> {
    const scope = new EagerScope((variable) => this.valueOf(variable));
    const results = scope.undoing(() =>
      tf.tidy(() => {
        const tensors = Object.fromEntries(
          Object.entries(specs).map(([name, spec]): [string, Tensor] => {
            const tensor = tf.tensor(feed[name].slice(), [...spec.shape], spec.dtype);
            scope.fed.set(tensor, feed[name]);
            return [name, tensor];
          }),
        );
        // an output may be a variable's own tensor, which must outlive the caller's dispose
        return mapValues(definition.body(pick(definition.inputs, tensors), scope), (tensor) => tf.clone(tensor));
      }),
    );
    for (const [variable, tensor] of scope.assigned) {
      const old = this.valueOf(variable);
      if (old !== tensor) old.dispose();
      this.values.set(variable.id, tensor);
    }
    for (const tensor of scope.superseded) tensor.dispose();
    return results;
  }

  private valueOf(variable: Variable): Tensor {
    const value = this.values.get(variable.id);
    if (value === undefined)
      throw new EngineError(`Variable ${variable.name} does not belong to this engine, or was released.`);
    return value;
  }
}

class EagerScope implements StepScope {
  readonly assigned = new Map<Variable, Tensor>();
  readonly fed = new Map<Tensor, TensorData>();
  /**
   * Values that a later assignment of the same step replaced; something may still compute with them until the step
   * ends.
   */
  readonly superseded: Tensor[] = [];
  private readonly stored: (variable: Variable) => Tensor;

  constructor(stored: (variable: Variable) => Tensor) {
    this.stored = stored;
  }

  /** Runs a step's body; when it throws, nothing of what it assigned stays behind. */
  undoing<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      for (const tensor of [...this.assigned.values(), ...this.superseded]) tensor.dispose();
      throw error;
    }
  }

  read(variable: Variable): Tensor {
    return this.assigned.get(variable) ?? this.stored(variable);
  }

  assign(variable: Variable, value: Tensor): void {
    if (value.shape.join() !== variable.shape.join())
      throw new EngineError(
        `A step assigns shape [${value.shape.join(', ')}] to ${variable.name}, which has ` +
          `[${variable.shape.join(', ')}].`,
      );
    const before = this.assigned.get(variable);
    if (before !== undefined) this.superseded.push(before);
    // a copy, because the value may be another variable's tensor; kept, because an assignment inside a gradient's
    // closure is tidied
    this.assigned.set(variable, tf.keep(tf.clone(value)));
  }

  scatter(variable: Variable, indices: Tensor, updates: Tensor): void {
    this.assign(variable, tf.tensorScatterUpdate(this.read(variable), tf.expandDims(indices, -1), updates));
  }

  gather(variable: Variable, indices: Tensor): Tensor {
    return tf.gather(this.read(variable), tf.cast(indices, 'int32'));
  }

  readonly fused: FusedUpdates = {
    gradientDescent: (v, lr, gradient) => this.assign(v, tf.sub(this.read(v), tf.mul(lr, gradient))),
    momentum: (v, accumulator, lr, gradient, momentum, nesterov) => {
      this.assign(accumulator, tf.add(tf.mul(this.read(accumulator), momentum), gradient));
      const direction = nesterov ? tf.add(gradient, tf.mul(this.read(accumulator), momentum)) : this.read(accumulator);
      this.assign(v, tf.sub(this.read(v), tf.mul(lr, direction)));
    },
    adam: (v, m, s, powers, lr, gradient, { beta1, beta2, epsilon }) => {
      this.assign(m, tf.add(tf.mul(this.read(m), beta1), tf.mul(gradient, 1 - beta1)));
      this.assign(s, tf.add(tf.mul(this.read(s), beta2), tf.mul(tf.square(gradient), 1 - beta2)));
      const mean = tf.div(this.read(m), tf.sub(1, powers.beta1));
      const deviation = tf.sqrt(tf.div(this.read(s), tf.sub(1, powers.beta2)));
      this.assign(v, tf.sub(this.read(v), tf.mul(lr, tf.div(mean, tf.add(deviation, epsilon)))));
    },
    adagrad: (v, accumulator, lr, gradient, epsilon) => {
      this.assign(accumulator, tf.add(this.read(accumulator), tf.square(gradient)));
      this.assign(
        v,
        tf.sub(this.read(v), tf.mul(lr, tf.div(gradient, tf.add(tf.sqrt(this.read(accumulator)), epsilon)))),
      );
    },
  };

  randomUniform(shape: readonly number[], key: Tensor): Tensor {
    return tf.tensor(statelessUniform(sizeOf(shape), this.keyOf(key)), [...shape]);
  }

  randomNormal(shape: readonly number[], key: Tensor): Tensor {
    return tf.tensor(statelessNormal(sizeOf(shape), this.keyOf(key)), [...shape]);
  }

  private keyOf(key: Tensor): TensorData {
    return this.fed.get(key) ?? key.dataSync<'int32'>();
  }
}
