import { flag } from '../recording/graphdef.ts';
import { operationFlops } from '../recording/flops.ts';
import { tf, type Tensor } from '../tf.ts';

type Tfjs = ReturnType<typeof tf.engine>;
type Inputs = Parameters<Tfjs['runKernel']>[1];
type Attributes = Parameters<Tfjs['runKernel']>[2];

/** Kernels of tfjs that only move data, and that TensorFlow's graphs name otherwise. */
const MOVES = new Set(['Concat', 'GatherNd', 'TensorScatterUpdate', 'ScatterNd']);

/**
 * Runs `work` and counts its floating-point operations by the rule of recorded steps (`operationFlops`), from the
 * shapes of the kernels that tfjs runs for it. A kernel that is made of others counts as the one.
 */
export function countingFlops<T>(work: () => T): { readonly result: T; readonly flops: number } {
  const engine = tf.engine();
  const run = engine.runKernel.bind(engine);
  let flops = 0,
    depth = 0;
  const counting = <R extends Tensor | Tensor[]>(kernel: string, inputs: Inputs, attributes?: Attributes): R => {
    depth += 1;
    try {
      const outputs = run<R>(kernel, inputs, attributes);
      if (depth === 1) flops += kernelFlops(kernel, inputs, Array.isArray(outputs) ? outputs : [outputs], attributes);
      return outputs;
    } finally {
      depth -= 1;
    }
  };
  engine.runKernel = counting;
  try {
    return { result: work(), flops };
  } finally {
    Reflect.deleteProperty(engine, 'runKernel');
  }
}

function kernelFlops(kernel: string, inputs: Inputs, outputs: readonly Tensor[], attributes: Attributes): number {
  if (MOVES.has(kernel)) return 0;
  const of = (name: string): readonly number[] => inputs[name]?.shape ?? [];
  const answered = outputs.map(({ shape }) => shape);
  // The places of inputs as TensorFlow's operations of these names have them.
  switch (kernel) {
    case 'BatchMatMul':
    case '_FusedMatMul':
      return operationFlops('MatMul', [of('a'), of('b')], answered, {
        transpose_a: flag(attributes?.['transposeA'] === true),
      });
    case 'Conv2D':
    case 'FusedConv2D':
      return operationFlops('Conv2D', [of('x'), of('filter')], answered, {});
    case 'Conv2DBackpropFilter':
      return operationFlops(kernel, [of('x'), [], of('dy')], answered, {});
    case 'Conv2DBackpropInput':
      return operationFlops(kernel, [[], of('filter'), of('dy')], answered, {});
    default:
      return operationFlops(
        kernel,
        Object.values(inputs).map(({ shape }) => shape),
        answered,
        {},
      );
  }
}
