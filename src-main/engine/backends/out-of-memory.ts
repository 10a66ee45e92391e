import { totalmem } from 'node:os';
import { sizeOf } from '../recording/signatures.ts';
import {
  EngineError,
  type CompiledStep,
  type Engine,
  type Feed,
  type StepDefinition,
  type StepInputs,
  type TensorData,
  type Variable,
} from '../types.ts';

/** What a device was asked for and could not give; null where its message does not say. */
export interface Shortage {
  readonly bytes: number | null;
  readonly shape: readonly number[] | null;
  /** Most bytes that one tensor may have on this device, where that is what was exceeded. */
  readonly tensorLimit: number | null;
}

/** What is known about the work that ran out of memory. */
export interface Circumstances {
  /** `Step er/train`, `Reading x`. */
  readonly what: string;
  /** Rows that the step computes with at once, or null. */
  readonly batch: number | null;
  /** Bytes of the variables that stay on the device between steps. */
  readonly resident: number;
  /** Bytes of the device in all, or null. */
  readonly total: number | null;
}

const BYTES_OF: Readonly<Record<string, number>> = {
  half: 2,
  bfloat16: 2,
  float: 4,
  double: 8,
  int8: 1,
  uint8: 1,
  bool: 1,
  int16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
};

/** How TensorFlow, its CUDA libraries and Dawn say that memory is short. */
const SHORT = new RegExp(
  [
    'OOM when allocating',
    'RESOURCE_EXHAUSTED',
    'ResourceExhausted',
    'out of memory',
    'OUT_OF_MEMORY',
    'ALLOC_FAILED',
    '[Ff]ailed to allocate',
    '[Uu]nable to allocate',
    'exceeds the max buffer size',
  ].join('|'),
);

/** The shortage that an error message tells of, or null when it tells of something else. */
export function shortageIn(message: string): Shortage | null {
  if (!SHORT.test(message)) return null;
  const tensor = /shape ?\[([\d,\s]*)\](?: and type (\w+))?/.exec(message);
  const shape =
    tensor?.[1] === undefined
      ? null
      : tensor[1]
          .split(',')
          .map((n) => n.trim())
          .filter((n) => n !== '')
          .map(Number);
  const named = /Buffer size \((\d+)\)|(?<![.\d])(\d+) ?(?:B|bytes)\b/.exec(message);
  const bytes = named?.[1] ?? named?.[2];
  const limit = /max buffer size limit \((\d+)\)/.exec(message);
  return {
    shape,
    bytes:
      bytes !== undefined
        ? Number(bytes)
        : shape === null
          ? null
          : sizeOf(shape) * (BYTES_OF[tensor?.[2] ?? 'float'] ?? 4),
    tensorLimit: limit?.[1] === undefined ? null : Number(limit[1]),
  };
}

/**
 * The largest power of two of rows that may fit. Null when not even one row fits.
 *
 * What a step needs beside the variables grows with its rows. The device was full when it asked for more. With L bytes
 * on the device, V in variables and A asked for, `rows · (L - V) / (L - V + A)` is an upper bound. Where the sizes are
 * not known, half of the rows is tried. For a single tensor that is too large, its own proportion decides.
 */
export function rowsThatFit(
  { bytes, tensorLimit }: Shortage,
  { batch, resident, total }: Circumstances,
): number | null {
  if (batch === null || batch < 2) return null;
  const share =
    bytes === null
      ? 0.5
      : tensorLimit !== null
        ? tensorLimit / bytes
        : total === null
          ? 0.5
          : (total - resident) / (total - resident + bytes);
  const rows = Math.min(batch * share, batch / 2);
  return rows < 1 ? null : 2 ** Math.floor(Math.log2(rows));
}

/** What happened and what would fit, for a person. */
export function explainShortage(shortage: Shortage, circumstances: Circumstances, machine = totalmem()): string {
  const { bytes, shape, tensorLimit } = shortage;
  const { what, batch, resident, total } = circumstances;
  const asked =
    bytes === null
      ? 'more than is left'
      : `${size(bytes)}${shape === null ? '' : ` for a tensor of shape [${shape.join(', ')}]`}`;
  const place =
    tensorLimit !== null
      ? `one tensor may have ${size(tensorLimit)} there`
      : `${total === null ? 'its' : `of its ${size(total)} the`} variables of the trial hold ${size(resident)}`;
  const rows = rowsThatFit(shortage, circumstances);
  const smaller = rows !== null ? `batches of at most ${rows} rows instead of ${batch}` : 'a smaller network';
  return (
    `The GPU ran out of memory: ${what} asked for ${asked}; ${place}. What would fit: ${smaller}, or ` +
    `the backend tensorflow-cpu with this machine's ${size(machine)}. Other programs that use the GPU ` +
    'take from it too.'
  );
}

/** The engine with errors about memory put into such words. @param total bytes of the device, or null */
export function explainingShortages(engine: Engine, total: number | null): Engine {
  let resident = 0;
  const held = new Map<number, number>();
  const bytesOf = ({ shape, dtype }: Variable): number => sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
  const explained = (error: unknown, what: string, batch: number | null): unknown => {
    const shortage = error instanceof Error ? shortageIn(error.message) : null;
    return shortage === null
      ? error
      : new EngineError(explainShortage(shortage, { what, batch, resident, total }), { cause: error });
  };
  const attempt = <T>(what: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw explained(error, what, null);
    }
  };
  return {
    get backend() {
      return engine.backend;
    },
    get versions() {
      return engine.versions;
    },
    get numerics() {
      return engine.numerics;
    },
    get meter() {
      return engine.meter;
    },
    variable(name, spec, initial) {
      const variable = attempt(`Variable ${name}`, () => engine.variable(name, spec, initial));
      held.set(variable.id, bytesOf(variable));
      resident += bytesOf(variable);
      return variable;
    },
    read: (variable) =>
      engine.read(variable).catch((error: unknown) => {
        throw explained(error, `Reading ${variable.name}`, null);
      }),
    write: (variable, data) => attempt(`Writing ${variable.name}`, () => engine.write(variable, data)),
    release(variable) {
      resident -= held.get(variable.id) ?? 0;
      held.delete(variable.id);
      engine.release(variable);
    },
    compileStep<const I extends StepInputs, O extends string>(definition: StepDefinition<I, O>): CompiledStep<I, O> {
      const step = engine.compileStep(definition);
      return {
        name: step.name,
        get flops() {
          return step.flops;
        },
        run: (feeds) =>
          step.run(feeds).catch((error: unknown) => {
            throw explained(error, `Step ${definition.name}`, rowsOf(definition.inputs, feeds));
          }),
        dispose: () => step.dispose(),
      };
    },
    live: () => engine.live(),
    dispose: () => engine.dispose(),
  };
}

/** The longest first axis among a step's inputs: its rows, as methods feed them. */
function rowsOf<I extends StepInputs>(inputs: I, feeds: readonly Feed<I>[]): number | null {
  const lengths = Object.entries(inputs).flatMap(([name, { shape }]) => {
    const [first, ...rest] = shape;
    return first === undefined
      ? []
      : feeds.map((feed: Readonly<Record<string, TensorData>>) =>
          first === -1 ? (feed[name]?.length ?? 0) / sizeOf(rest) : first,
        );
  });
  return lengths.length === 0 ? null : Math.max(...lengths);
}

const size = (bytes: number): string =>
  bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(1)} GB`
    : bytes >= 1e6
      ? `${Math.ceil(bytes / 1e6)} MB`
      : `${Math.ceil(bytes / 1e3)} kB`;
