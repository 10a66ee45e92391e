/**
 * A process of its own, because Dawn finds its drivers through the environment that it is started with. Prints one line
 * of JSON.
 */
import { openEngine } from '../../../src-main/engine/engine.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { trainTiny } from './tiny-training.ts';

/** Ends the process, which Dawn's threads would keep alive. */
const answer = (value: object): void => {
  process.stdout.write(`answer:${JSON.stringify(value)}\n`, () => process.exit(0));
};
try {
  const engine = await openEngine('webgpu');
  const trained = await trainTiny(engine);
  const huge = engine.compileStep({
    name: 'test/huge',
    inputs: { a: { shape: [64], dtype: 'float32' } },
    body: ({ a }) => ({ out: tf.sum(tf.mul(tf.fill([64, 2 ** 25], 1), tf.reshape(a, [64, 1]))) }),
  });
  const refused = await huge.run([{ a: new Float32Array(64) }]).then(
    () => '',
    (error: unknown) => String(error),
  );
  answer({ ...trained, refused, numerics: engine.numerics, versions: engine.versions });
} catch (error) {
  answer({
    name: error instanceof Error ? error.name : 'unknown',
    message: error instanceof Error ? error.message : String(error),
  });
}
