/** A process of its own, because Dawn finds its drivers through the environment that it is started with. Prints one line of JSON. */
import { openEngine } from '../../../src-main/engine/engine.ts';
import { trainTiny } from './tiny-training.ts';

/** Ends the process, which Dawn's threads would keep alive. */
const answer = (value: object): void => { process.stdout.write(`answer:${JSON.stringify(value)}\n`, () => process.exit(0)); };
try {
  const engine = await openEngine('webgpu');
  const trained = await trainTiny(engine);
  answer({ ...trained, numerics: engine.numerics, versions: engine.versions });
} catch (error) {
  answer({ name: error instanceof Error ? error.name : 'unknown', message: error instanceof Error ? error.message : String(error) });
}
