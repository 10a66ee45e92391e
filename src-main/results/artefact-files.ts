import { z } from 'zod';
import type { NetworkSpec } from '../engine/networks/specification.ts';
import type { AnsweredRows, Artefact } from '../methods/contract.ts';
import { packArrays, unpackArrays } from './blobs.ts';

/**
 * An artefact as it is stored: its numbers or bytes in a file that is named by its content, and beside it in the
 * database its kind and, as JSON, what it is about (the network of a model, the kinds of answers).
 */

/** Where a stored artefact is found: a worker reads the file through a BlobStore. */
export const artefactFile = z.object({
  kind: z.enum(['model', 'arrays', 'samples', 'bytes']),
  hash: z.string(),
  about: z.string(),
  note: z.string(),
});
export type ArtefactFile = z.infer<typeof artefactFile>;

/** The engine judges the layers of a stored network when it is built. */
export const networkSpec = z.custom<NetworkSpec>(
  (value) => value !== null && typeof value === 'object' && 'layers' in value && 'heads' in value,
  'must be a network made of layers',
);

const modelAbout = z.object({ spec: networkSpec });
const samplesAbout = z.record(
  z.string(),
  z.object({ kind: z.enum(['logits', 'log-probabilities', 'scores', 'numbers']), width: z.number() }),
);

/** What the artefact of an older program is about, which kept no network: that of the suite of its trial. */
export function aboutModel(spec: NetworkSpec): string {
  return JSON.stringify({ spec });
}

/** The file of an artefact, in pieces, and what is kept beside it. */
export function packArtefact(artefact: Artefact): { readonly chunks: readonly Uint8Array[]; readonly about: string } {
  switch (artefact.kind) {
    case 'model':
      return { chunks: packArrays(artefact.arrays), about: aboutModel(artefact.spec) };
    case 'arrays':
      return { chunks: packArrays(artefact.arrays), about: '{}' };
    case 'samples': {
      const splits = Object.entries(artefact.splits);
      return {
        chunks: packArrays(
          Object.fromEntries(
            splits.flatMap(([split, answers]) => [
              [`${split}/values`, answers.values],
              ...(answers.kind === 'numbers' && answers.deviations !== undefined
                ? [[`${split}/deviations`, answers.deviations] as const]
                : []),
              [`${split}/rows`, answers.rows],
            ]),
          ),
        ),
        about: JSON.stringify(Object.fromEntries(splits.map(([split, { kind, width }]) => [split, { kind, width }]))),
      };
    }
    case 'bytes':
      return { chunks: [artefact.bytes], about: '{}' };
  }
}

/** Inverse of `packArtefact`. Throws where the file or what is kept beside it is no such thing. */
export function unpackArtefact({ kind, about, note }: Omit<ArtefactFile, 'hash'>, bytes: Uint8Array): Artefact {
  switch (kind) {
    case 'model':
      return { kind, spec: modelAbout.parse(JSON.parse(about)).spec, arrays: floats(unpackArrays(bytes)), note };
    case 'arrays':
      return { kind, arrays: floats(unpackArrays(bytes)), note };
    case 'samples': {
      const arrays = unpackArrays(bytes);
      const splits = Object.entries(samplesAbout.parse(JSON.parse(about))).map(
        ([split, { kind: answers, width }]): [string, AnsweredRows] => {
          const { [`${split}/values`]: values, [`${split}/rows`]: rows, [`${split}/deviations`]: deviations } = arrays;
          if (!(values instanceof Float32Array) || !(rows instanceof Int32Array))
            throw new Error(`The stored answers have no values or rows of "${split}".`);
          const more = deviations instanceof Float32Array ? { deviations } : {};
          return [split, { kind: answers, width, values, rows, ...more }];
        },
      );
      return { kind, splits: Object.fromEntries(splits), note };
    }
    case 'bytes':
      return { kind, bytes, note };
  }
}

function floats(arrays: Readonly<Record<string, Float32Array | Int32Array>>): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => {
      if (!(values instanceof Float32Array)) throw new Error(`The stored array "${name}" holds whole numbers.`);
      return [name, values];
    }),
  );
}
