import { z } from 'zod';
import { openCheckpoint } from '../../checkpoints/checkpoint.ts';
import { CheckpointError } from '../../checkpoints/error.ts';
import { fileHash } from '../../checkpoints/file-hash.ts';
import { MODEL } from '../contract.ts';
import type { Method } from '../contract.ts';
import { givenValues } from './shared/given-values.ts';
import { predictorOfTasks } from './shared/own-heads.ts';
import { expertsOf } from './shared/protocol.ts';

const schema = z.object({
  file: z.string().default('').describe('The safetensors file'),
  sha256: z.string().default('').describe('What it held when the suite was made'),
});

/** An expert, or the start of several, that was trained elsewhere: read from the file that the suite names. */
const givenExpert: Method = {
  id: 'given-expert',
  version: 1,
  driver: 1,
  title: 'An expert trained elsewhere',
  family: 'merging',
  protocol: 'experts',
  paper: null,
  hidden: true,
  summary: 'A network from a safetensors file of a suite of your own.',
  schema,
  asks: [],
  fits: ({ id, experts }) =>
    experts?.members.some(({ method }) => method === 'given-expert') === true
      ? true
      : `The networks of ${id} are trained here.`,
  async *run(context, values) {
    const { file, sha256 } = schema.parse(values);
    yield { kind: 'progress', cursor: null, done: 0, total: 1 };
    const { network } = context;
    const checkpoint = openCheckpoint(file);
    try {
      if ((await fileHash(file)) !== sha256)
        throw new CheckpointError(`${file} is not what it was when the suite was made.`, 'Make another suite of it.');
      const arrays = givenValues(checkpoint, [...network.params, ...network.state]);
      return {
        predictor: predictorOfTasks(context, expertsOf(context).facts, { network, values: arrays }),
        artefacts: { [MODEL]: { kind: 'model', spec: network.spec, arrays, note: 'trained elsewhere' } },
      };
    } finally {
      checkpoint.close();
    }
  },
};
export default givenExpert;
