import { commandLine, shellOf } from '../base/command-line.ts';
import { CheckpointError } from './error.ts';

/** How checkpoints of another kind are told, and the line that makes safetensors of them. */
interface ForeignFormat {
  readonly is: string;
  readonly matches: (path: string, start: Uint8Array) => boolean;
  readonly line: (from: string, to: string) => string;
}

const startsWith = (start: Uint8Array, text: string): boolean =>
  Buffer.from(start.subarray(0, text.length)).toString('latin1') === text;

const python = (code: string, from: string, to: string): string =>
  commandLine(['python', '-c', code, from, to], shellOf(process.platform));

const FORMATS: readonly ForeignFormat[] = [
  {
    is: 'a GGUF file',
    matches: (path, start) => startsWith(start, 'GGUF') || /\.gguf$/i.test(path),
    line: (from, to) =>
      python(
        'import sys; from gguf import GGUFReader; from gguf.quants import dequantize; ' +
          'from safetensors.numpy import save_file; save_file({t.name: dequantize(t.data, t.tensor_type).copy() ' +
          'for t in GGUFReader(sys.argv[1]).tensors}, sys.argv[2])',
        from,
        to,
      ),
  },
  {
    is: 'an HDF5 file of Keras',
    matches: (path, start) => startsWith(start, '\x89HDF') || /\.(h5|hdf5|keras)$/i.test(path),
    line: (from, to) =>
      python(
        'import sys, keras; from safetensors.numpy import save_file; save_file({w.path: w.numpy() ' +
          'for w in keras.models.load_model(sys.argv[1]).weights}, sys.argv[2])',
        from,
        to,
      ),
  },
  {
    is: 'a NumPy file',
    matches: (path, start) => startsWith(start, '\x93NUMPY') || /\.npz?$/i.test(path),
    line: (from, to) =>
      python(
        'import sys, numpy; from safetensors.numpy import save_file; ' +
          'save_file(dict(numpy.load(sys.argv[1])), sys.argv[2])',
        from,
        to,
      ),
  },
  {
    is: 'a checkpoint of PyTorch',
    matches: (path, start) =>
      startsWith(start, 'PK\x03\x04') ||
      /^\x80[\x02-\x05]/.test(startText(start)) ||
      /\.(pt|pth|bin|ckpt)$/i.test(path),
    line: (from, to) =>
      python(
        'import sys, torch; from safetensors.torch import save_file; ' +
          's = torch.load(sys.argv[1], map_location="cpu", weights_only=True); s = s.get("state_dict", s); ' +
          'save_file({k: v.clone().contiguous() for k, v in s.items() if torch.is_tensor(v)}, sys.argv[2])',
        from,
        to,
      ),
  },
];

const startText = (start: Uint8Array): string => Buffer.from(start.subarray(0, 2)).toString('latin1');

/**
 * Refuses a file of another format with the line that converts it.
 *
 * @param start its first bytes, at least eight where it has them.
 * @throws CheckpointError
 */
export function refuseForeign(path: string, start: Uint8Array): void {
  const found = FORMATS.find(({ matches }) => matches(path, start));
  if (found === undefined) return;
  const target = path.replace(/\.(gguf|h5|hdf5|keras|npz?|pth?|bin|ckpt)$/i, '');
  throw new CheckpointError(
    `${path} is ${found.is}; what is read is safetensors, which holds nothing that could be run.`,
    `This line makes one of it: ${found.line(path, `${target}.safetensors`)}`,
  );
}
