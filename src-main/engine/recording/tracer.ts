import type { NativeBackend, TensorMetadata, TFEOpAttr, TFJSBinding } from '../backends/binding.ts';
import { DATA_TYPES, type Attribute } from './graphdef.ts';
import type { Constant, Instruction, Operand, Program, ValueId, ValueType } from './program.ts';
import { mapValues } from './records.ts';
import { resultShape } from './result-shapes.ts';
import { tf, type Tensor } from '../tf.ts';
import {
  EngineError,
  type DType,
  type FusedUpdates,
  type StepDefinition,
  type StepInputs,
  type StepScope,
  type TensorSpec,
  type Variable,
} from '../types.ts';

const ATTRIBUTE_STRING = 0,
  ATTRIBUTE_INT = 1,
  ATTRIBUTE_FLOAT = 2,
  ATTRIBUTE_BOOL = 3,
  ATTRIBUTE_TYPE = 4,
  ATTRIBUTE_SHAPE = 5;

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function toAttribute(op: string, { name, type, value }: TFEOpAttr): Attribute {
  if (type === ATTRIBUTE_STRING && typeof value === 'string') return { kind: 'string', value };
  if (type === ATTRIBUTE_INT && typeof value === 'number') return { kind: 'int', value };
  if (type === ATTRIBUTE_INT && isNumbers(value)) return { kind: 'ints', value };
  if (type === ATTRIBUTE_FLOAT && typeof value === 'number') return { kind: 'float', value };
  if (type === ATTRIBUTE_FLOAT && isNumbers(value)) return { kind: 'floats', value };
  if (type === ATTRIBUTE_BOOL) return { kind: 'bool', value: Boolean(value) };
  if (type === ATTRIBUTE_TYPE && typeof value === 'number') return { kind: 'type', value };
  if (type === ATTRIBUTE_SHAPE && isNumbers(value)) return { kind: 'shape', value };
  throw new EngineError(`Recording ${op}: attribute ${name} has a form that graphs do not know (type ${type}).`);
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** The line of the caller's code below the engine and tfjs, for errors about what a step body may not do. */
function callerLine(): string {
  const lines = new Error().stack?.split('\n').slice(1) ?? [];
  return lines.find((line) => !/node_modules|\/engine\/recording\/|node:/.test(line))?.trim() ?? 'unknown place';
}

/**
 * Records one step: runs its body eagerly once, on zeros, while every call that reaches the native binding is written
 * down.
 */
export class Tracer implements StepScope {
  private readonly backend: NativeBackend;
  private readonly native: TFJSBinding;
  private readonly stepName: string;
  private readonly values = new Map<number, ValueId>();
  private readonly types = new Map<ValueId, ValueType>();
  private readonly instructions: Instruction[] = [];
  private readonly constants: Constant[] = [];
  private readonly currentReads = new Map<number, Tensor>();
  /** What was read, until the body is recorded. */
  private readonly kept: Tensor[] = [];
  /** Zeros of every shape and type that was asked for, by the native binding's number. */
  private readonly zeros = new Map<string, number>();
  private next = 0;

  constructor(backend: NativeBackend, stepName: string) {
    this.backend = backend;
    this.native = backend.binding;
    this.stepName = stepName;
  }

  /**
   * Records `definition` with inputs of these shapes. Throws EngineError when the body reads values or uses tensors
   * from outside.
   */
  record<I extends StepInputs, O extends string>(
    definition: StepDefinition<I, O>,
    specs: Readonly<Record<string, TensorSpec>>,
  ): Program<O> {
    let program: Program<O> | null = null;
    try {
      tf.tidy(() => {
        const inputs: { name: string; value: ValueId; spec: TensorSpec }[] = [];
        const tensors: Record<string, Tensor> = {};
        for (const [name, spec] of Object.entries(specs)) {
          const { tensor, value } = this.placeholder(spec.shape, DATA_TYPES[spec.dtype]);
          inputs.push({ name, value, spec });
          tensors[name] = tensor;
        }
        // looked up while still recording: a constant output is uploaded only when it is asked for
        const outputs = this.intercepted(() =>
          mapValues(definition.body(pick(definition.inputs, tensors), this), (tensor) => ({
            value: this.valueOf(tensor),
            shape: tensor.shape,
          })),
        );
        program = { inputs, constants: this.constants, instructions: this.instructions, outputs, types: this.types };
      });
    } finally {
      tf.dispose(this.kept);
      for (const zeros of this.zeros.values()) this.native.deleteTensor(zeros);
      this.zeros.clear();
    }
    if (program === null) throw new EngineError(`Step ${this.stepName} could not be recorded.`);
    return program;
  }

  read(variable: Variable): Tensor {
    const known = this.currentReads.get(variable.id);
    if (known !== undefined) return known;
    const { tensor, value } = this.placeholder(variable.shape, DATA_TYPES[variable.dtype]);
    this.push({
      op: 'ReadVariableOp',
      attributes: { dtype: { kind: 'type', value: DATA_TYPES[variable.dtype] } },
      inputs: [{ handle: variable }],
      outputs: [value],
      reads: [variable],
      writes: [],
    });
    // A gradient tidies up behind itself; what it read first may be read again after it.
    this.kept.push(tf.keep(tensor));
    this.currentReads.set(variable.id, tensor);
    return tensor;
  }

  assign(variable: Variable, value: Tensor): void {
    this.expectShape(variable, value.shape);
    this.effect(
      'AssignVariableOp',
      { dtype: dtypeAttribute(variable.dtype) },
      [{ handle: variable }, { value: this.valueOf(value) }],
      [variable],
    );
  }

  scatter(variable: Variable, indices: Tensor, updates: Tensor): void {
    this.effect(
      'ResourceScatterUpdate',
      { dtype: dtypeAttribute(variable.dtype), Tindices: dtypeAttribute('int32') },
      [{ handle: variable }, { value: this.valueOf(indices) }, { value: this.valueOf(updates) }],
      [variable],
    );
  }

  gather(variable: Variable, indices: Tensor): Tensor {
    const { tensor, value } = this.placeholder(
      [...indices.shape, ...variable.shape.slice(1)],
      DATA_TYPES[variable.dtype],
    );
    this.push({
      op: 'ResourceGather',
      attributes: { dtype: dtypeAttribute(variable.dtype), Tindices: dtypeAttribute('int32') },
      inputs: [{ handle: variable }, { value: this.valueOf(indices) }],
      outputs: [value],
      reads: [variable],
      writes: [],
    });
    return tensor;
  }

  readonly fused: FusedUpdates = {
    gradientDescent: (v, lr, gradient) =>
      this.effect('ResourceApplyGradientDescent', FLOAT, [{ handle: v }, ...this.operands(lr, gradient)], [v]),
    momentum: (v, accumulator, lr, gradient, momentum, nesterov) =>
      this.effect(
        'ResourceApplyMomentum',
        { ...FLOAT, use_nesterov: { kind: 'bool', value: nesterov } },
        [{ handle: v }, { handle: accumulator }, ...this.operands(lr, gradient, tf.scalar(momentum))],
        [v, accumulator],
      ),
    adam: (v, m, s, powers, lr, gradient, { beta1, beta2, epsilon }) => {
      // TensorFlow adds epsilon to √s after folding the bias correction into the rate; scaling it restores ε outside
      // the corrected root.
      const scaled = tf.mul(tf.sqrt(tf.sub(1, powers.beta2)), epsilon);
      this.effect(
        'ResourceApplyAdam',
        FLOAT,
        [
          { handle: v },
          { handle: m },
          { handle: s },
          ...this.operands(powers.beta1, powers.beta2, lr, tf.scalar(beta1), tf.scalar(beta2), scaled, gradient),
        ],
        [v, m, s],
      );
    },
    adagrad: (v, accumulator, lr, gradient, epsilon) =>
      this.effect(
        'ResourceApplyAdagradV2',
        FLOAT,
        [{ handle: v }, { handle: accumulator }, ...this.operands(lr, tf.scalar(epsilon), gradient)],
        [v, accumulator],
      ),
  };

  randomUniform(shape: readonly number[], key: Tensor): Tensor {
    return this.stateless('StatelessRandomUniform', shape, key);
  }

  randomNormal(shape: readonly number[], key: Tensor): Tensor {
    return this.stateless('StatelessRandomNormal', shape, key);
  }

  private stateless(op: string, shape: readonly number[], key: Tensor): Tensor {
    const { tensor, value } = this.placeholder(shape, DATA_TYPES.float32);
    const dims = tf.tensor1d([...shape], 'int32');
    this.push({
      op,
      attributes: { dtype: dtypeAttribute('float32'), T: dtypeAttribute('int32'), Tseed: dtypeAttribute('int32') },
      inputs: this.operands(dims, key),
      outputs: [value],
      reads: [],
      writes: [],
    });
    return tensor;
  }

  private effect(
    op: string,
    attributes: Readonly<Record<string, Attribute>>,
    inputs: Operand[],
    writes: Variable[],
  ): void {
    this.push({ op, attributes, inputs, outputs: [], reads: [], writes });
    for (const variable of writes) this.currentReads.delete(variable.id);
  }

  private operands(...tensors: Tensor[]): Operand[] {
    return tensors.map((tensor) => ({ value: this.valueOf(tensor) }));
  }

  private push(instruction: Instruction): void {
    this.instructions.push(instruction);
  }

  /** A zero tensor that stands for a value which the graph will have. */
  private placeholder(shape: readonly number[], dtype: number): { tensor: Tensor; value: ValueId } {
    const id = this.blank(shape, dtype);
    const value = this.define(id, shape, dtype);
    return { tensor: this.backend.createOutputTensor({ id, shape: [...shape], dtype }), value };
  }

  /** A tensor of zeros with a number of its own, in memory that all of its shape and type share. */
  private blank(shape: readonly number[], dtype: number): number {
    const key = `${dtype} ${shape.join()}`;
    let zeros = this.zeros.get(key);
    if (zeros === undefined) {
      const values =
        dtype === DATA_TYPES.float32
          ? new Float32Array(size(shape))
          : dtype === DATA_TYPES.int32
            ? new Int32Array(size(shape))
            : new Uint8Array(size(shape));
      zeros = this.native.createTensor([...shape], dtype, values);
      this.zeros.set(key, zeros);
    }
    return this.native.executeOp('Identity', [{ name: 'T', type: ATTRIBUTE_TYPE, value: dtype }], [zeros], 1)[0].id;
  }

  /** Runs an operation on what stands for its operands, or makes zeros of the result's shape where that is known. */
  private result(
    name: string,
    given: TFEOpAttr[],
    attributes: Readonly<Record<string, Attribute>>,
    inputs: number[],
    operands: readonly { readonly value: ValueId }[],
    outputs: number,
  ): TensorMetadata[] {
    const types = operands.map(({ value }) => this.types.get(value) ?? { shape: [], dtype: 0 });
    const shape = resultShape(name, attributes, types, (input) => this.integers(operands[input].value));
    if (shape === null) return this.native.executeOp(name, given, inputs, outputs);
    // The last operand has the result's type: the sizes that a convolution's gradient is told come before it.
    const { dtype } = types[types.length - 1];
    return [{ id: this.blank(shape, dtype), shape: [...shape], dtype }];
  }

  private integers(value: ValueId): readonly number[] | null {
    const constant = this.constants.find((candidate) => candidate.value === value);
    return constant?.dtype === DATA_TYPES.int32 ? [...new Int32Array(constant.content.buffer)] : null;
  }

  private define(id: number, shape: readonly number[], dtype: number): ValueId {
    const value = this.next++;
    this.values.set(id, value);
    this.types.set(value, { shape, dtype });
    return value;
  }

  private valueOf(tensor: Tensor): ValueId {
    const [id] = this.backend.getInputTensorIds([tensor]);
    return this.valueOfId(id);
  }

  private valueOfId(id: number): ValueId {
    const value = this.values.get(id);
    if (value === undefined) {
      throw new EngineError(
        `Step ${this.stepName} uses a tensor that was made outside its body (${callerLine()}). Make it ` +
          'inside, or pass it as an input or a variable.',
      );
    }
    return value;
  }

  /** The types that tfjs-node leaves to eager execution to infer; a graph must name them. */
  private implied(op: string, operands: readonly { readonly value: ValueId }[]): Readonly<Record<string, Attribute>> {
    const dtype = operands.length > 0 ? this.types.get(operands[0].value)?.dtype : undefined;
    return UNTYPED_BY_TFJS.has(op) && dtype !== undefined ? { T: { kind: 'type', value: dtype } } : {};
  }

  private expectShape(variable: Variable, shape: readonly number[]): void {
    if (shape.join() !== variable.shape.join())
      throw new EngineError(
        `Step ${this.stepName} assigns shape [${shape.join(', ')}] to ${variable.name}, which has ` +
          `[${variable.shape.join(', ')}].`,
      );
  }

  private intercepted<T>(run: () => T): T {
    const binding: TFJSBinding = Object.create(this.native);
    Object.defineProperties(binding, {
      executeOp: {
        value: (name: string, attributes: TFEOpAttr[], inputs: number[], outputs: number): TensorMetadata[] => {
          const operands = inputs.map((id) => ({ value: this.valueOfId(id) }));
          const known = {
            ...this.implied(name, operands),
            ...Object.fromEntries(attributes.map((attribute) => [attribute.name, toAttribute(name, attribute)])),
          };
          const results = this.result(name, attributes, known, inputs, operands, outputs);
          this.push({
            op: name,
            inputs: operands,
            reads: [],
            writes: [],
            attributes: known,
            outputs: results.map((result) => this.define(result.id, result.shape, result.dtype)),
          });
          return results;
        },
      },
      createTensor: {
        value: (shape: number[], dtype: number, values: Float32Array | Int32Array | Uint8Array): number => {
          const id = this.native.createTensor(shape, dtype, values);
          this.constants.push({ value: this.define(id, shape, dtype), dtype, shape, content: bytesOf(values) });
          return id;
        },
      },
      tensorDataSync: {
        value: (): never => {
          throw new EngineError(
            `Step ${this.stepName} reads a value inside its body (${callerLine()}). A recorded step can't ` +
              'depend on values: return it as an output, or compute with tensors.',
          );
        },
      },
    });
    this.backend.binding = binding;
    try {
      return run();
    } finally {
      this.backend.binding = this.native;
    }
  }
}

/** Operations whose tfjs-node kernels do not pass `T`. */
const UNTYPED_BY_TFJS: ReadonlySet<string> = new Set(['ExpandDims']);

const FLOAT = { T: { kind: 'type', value: DATA_TYPES.float32 } } as const;
const dtypeAttribute = (dtype: DType): Attribute => ({ kind: 'type', value: DATA_TYPES[dtype] });

/** The tensors under exactly the names of `inputs`. */
export function pick<I extends StepInputs>(
  inputs: I,
  tensors: Readonly<Record<string, Tensor>>,
): { readonly [K in keyof I]: Tensor } {
  const complete = (candidate: Readonly<Record<string, Tensor>>): candidate is { readonly [K in keyof I]: Tensor } =>
    Object.keys(inputs).every((name) => name in candidate);
  if (!complete(tensors))
    throw new EngineError(
      `A step needs the inputs ${Object.keys(inputs).join(', ')}; got ${Object.keys(tensors).join(', ')}.`,
    );
  return tensors;
}
