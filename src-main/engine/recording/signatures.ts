import { EngineError, type Feed, type StepInputs, type TensorData, type TensorSpec } from '../types.ts';

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Zeros of a dtype. */
export function emptyData(spec: TensorSpec, count = sizeOf(spec.shape)): TensorData {
  if (spec.dtype === 'float32') return new Float32Array(count);
  return spec.dtype === 'int32' ? new Int32Array(count) : new Uint8Array(count);
}

/** Throws EngineError unless `data` has the dtype and the number of elements of `spec`. */
export function checkData(what: string, spec: TensorSpec, data: TensorData): void {
  const kinds = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
  if (!(data instanceof kinds[spec.dtype]))
    throw new EngineError(`${what} expects ${spec.dtype} values, got a ${data.constructor.name}.`);
  if (data.length !== sizeOf(spec.shape))
    throw new EngineError(
      `${what} has shape [${spec.shape.join(', ')}] and needs ${sizeOf(spec.shape)} values, got ${data.length}.`,
    );
}

/** The input shapes of one feed with -1 resolved from the length of its data. */
export function resolveSpecs<I extends StepInputs>(
  step: string,
  inputs: I,
  feed: Feed<I>,
): Readonly<Record<string, TensorSpec>> {
  return Object.fromEntries(
    Object.entries<TensorSpec>(inputs).map(([name, spec]): [string, TensorSpec] => {
      const data: TensorData | undefined = feed[name];
      if (data === undefined) throw new EngineError(`Step ${step} is not fed its input ${name}.`);
      const known = spec.shape.filter((n) => n !== -1).reduce((product, n) => product * n, 1);
      const resolved: TensorSpec = {
        dtype: spec.dtype,
        shape: spec.shape.map((n) => (n === -1 ? data.length / known : n)),
      };
      checkData(`Input ${name} of step ${step}`, resolved, data);
      return [name, resolved];
    }),
  );
}

export const signatureOf = (specs: Readonly<Record<string, TensorSpec>>): string =>
  Object.entries(specs)
    .map(([name, spec]) => `${name}:${spec.dtype}[${spec.shape.join()}]`)
    .join(' ');

/** One input of several feeds as one array with a leading axis. */
export function stackFeeds(spec: TensorSpec, parts: readonly TensorData[]): TensorData {
  if (parts.length === 1) return parts[0];
  const each = sizeOf(spec.shape);
  const out = emptyData(spec, each * parts.length);
  parts.forEach((part, i) => out.set(part, i * each));
  return out;
}

/** Values as the engine hands them out: booleans become 0 / 1 integers. */
export function floatOrInt(data: TensorData): Float32Array | Int32Array {
  return data instanceof Uint8Array ? Int32Array.from(data) : data;
}
