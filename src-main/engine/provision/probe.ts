/**
 * Child process of `doctor` and of the list of backends: loads TensorFlow (and multiplies matrices for two seconds), or
 * looks for a GPU through WebGPU, and prints one line `probe:{json}`. Apart from its parent because a library or driver
 * that does not fit the machine ends the process that loads it.
 */
import { loadTensorFlow, loadWasm } from '../backends/backends.ts';
import { tf } from '../tf.ts';
import { findAdapter, noAdapter } from '../backends/webgpu.ts';

const SIZE = 1024;
const [what, device] = process.argv.slice(2);
const began = performance.now();
/** Ends the process, which Dawn's threads would keep alive. */
const answer = (value: object): void => {
  process.stdout.write(`probe:${JSON.stringify(value)}\n`, () => process.exit(0));
};

try {
  answer(what === 'webgpu' ? await gpu() : await tensorflow(what === 'speed'));
} catch (error) {
  answer({ problem: error instanceof Error ? error.message : String(error) });
}

async function gpu(): Promise<object> {
  const found = await findAdapter();
  return found === null ? { problem: noAdapter() } : { name: found.name, software: found.software };
}

async function tensorflow(measure: boolean): Promise<object> {
  const loaded = await loadTensorFlow(device === 'gpu' ? 'gpu' : 'cpu').then(
    (t) => ({ backend: `tensorflow-${t.device}`, tensorflow: t.versions['tensorflow'] ?? '', device: t.device }),
    // A speed test of what trials would use; loading itself has to say why it failed.
    async (error: unknown) => {
      if (!measure) throw error;
      await loadWasm();
      return { backend: 'wasm', tensorflow: '', device: 'cpu' };
    },
  );
  const seconds = (performance.now() - began) / 1000;
  return { ...loaded, seconds, ...(measure ? { gflops: sgemm() } : {}) };
}

/** 10⁹ floating-point operations per second of a square product, the best of those that fit into two seconds. */
function sgemm(): number {
  const a = tf.fill([SIZE, SIZE], 0.5),
    b = tf.fill([SIZE, SIZE], 0.25);
  let best = Infinity;
  for (const start = performance.now(); performance.now() - start < 2000;) {
    const t = performance.now();
    const c = tf.matMul(a, b);
    c.slice([0, 0], [1, 1]).dataSync();
    best = Math.min(best, performance.now() - t);
    c.dispose();
  }
  return (2 * SIZE ** 3) / (best * 1e6);
}
