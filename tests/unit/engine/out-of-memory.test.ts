import { describe, expect, it } from 'vitest';
import {
  explainingShortages,
  explainShortage,
  rowsThatFit,
  shortageIn,
} from '../../../src-main/engine/backends/out-of-memory.ts';
import { lastVisible } from '../../../src-main/engine/provision/nvidia.ts';
import { EngineError } from '../../../src-main/engine/types.ts';
import { fakeEngine } from '../../fixtures/fake-runner.ts';

const GB = 1e9;

describe('shortageIn', () => {
  it.each([
    [
      'OOM when allocating tensor with shape[128,32,32,64] and type float on ' +
        '/job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
      128 * 32 * 32 * 64 * 4,
      [128, 32, 32, 64],
    ],
    [
      'OOM when allocating tensor with shape[10] and type double on /job:localhost/replica:0/task:0/device:GPU:0',
      80,
      [10],
    ],
    ['OOM when allocating tensor with shape[] and type half on device:GPU:0', 2, []],
    ['RESOURCE_EXHAUSTED: Out of memory while trying to allocate 2147483648 bytes.', 2_147_483_648, null],
    [
      'failed to allocate 2.00GiB (2147483648 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
      2_147_483_648,
      null,
    ],
    ['Failed to allocate request for 1.00GiB (1073741824B) on device ordinal 0', 1_073_741_824, null],
    ['CUBLAS_STATUS_ALLOC_FAILED', null, null],
    [
      'The GPU x refused an operation: Buffer size (6400000000) exceeds the max buffer size limit (1073741824).',
      6_400_000_000,
      null,
    ],
  ])('knows %s', (message, bytes, shape) => {
    expect(shortageIn(message)).toMatchObject({ bytes, shape });
  });

  it.each([
    'Matrix size-incompatible: In[0]: [16,12], In[1]: [13,8]',
    'Invalid argument: indices[0] = 70 is not in [0, 64)',
    'The GPU x was lost (device removed).',
  ])('leaves %s alone', (message) => {
    expect(shortageIn(message)).toBeNull();
  });
});

describe('rowsThatFit', () => {
  const rows = (
    bytes: number | null,
    batch: number | null,
    resident: number,
    total: number | null,
    tensorLimit: number | null = null,
  ) => rowsThatFit({ bytes, shape: null, tensorLimit }, { what: '', batch, resident, total });
  it('bounds what was asked for by what the device has beside the variables', () => {
    // 6 GB were full, 6 GB more were asked for: at most half of 256.
    expect(rows(6 * GB, 256, 2 * GB, 8 * GB)).toBe(128);
    // 18 GB more: at most a quarter.
    expect(rows(18 * GB, 256, 2 * GB, 8 * GB)).toBe(64);
  });

  it('never proposes what has just failed', () => {
    expect(rows(1, 128, 0, 8 * GB)).toBe(64);
    expect(rows(1, 100, 0, 8 * GB)).toBe(32);
  });

  it('halves where nothing is known, and cuts a tensor that is too large alone', () => {
    expect(rows(null, 128, 0, null)).toBe(64);
    expect(rows(6.4 * GB, 128, 0, null, 1.1 * GB)).toBe(16);
  });

  it('proposes nothing where the variables alone fill the device, or there is nothing to halve', () => {
    expect(rows(GB, 128, 8 * GB, 8 * GB)).toBeNull();
    expect(rows(GB, 1, 0, 8 * GB)).toBeNull();
    expect(rows(GB, null, 0, 8 * GB)).toBeNull();
  });
});

it('says what happened and what would fit', () => {
  const shortage = { bytes: 6 * GB, shape: [256, 5_859_375], tensorLimit: null };
  expect(
    explainShortage(shortage, { what: 'Step er/train', batch: 256, resident: 2 * GB, total: 8 * GB }, 25 * GB),
  ).toBe(
    'The GPU ran out of memory: Step er/train asked for 6.0 GB for a tensor of shape [256, 5859375]; ' +
      'of its 8.0 GB the variables of the trial hold 2.0 GB. What would fit: batches of at most 128 ' +
      "rows instead of 256, or the backend tensorflow-cpu with this machine's 25.0 GB. Other programs " +
      'that use the GPU take from it too.',
  );
});

describe('explainingShortages', () => {
  const inputs = { rows: { shape: [128], dtype: 'int32' }, key: { shape: [2], dtype: 'int32' } } as const;
  const failing = (message: string) => {
    const engine = fakeEngine();
    return explainingShortages(
      {
        ...engine,
        backend: engine.backend,
        compileStep: (definition) => ({
          name: definition.name,
          flops: 0,
          run: () => Promise.reject(new Error(message)),
          dispose: () => undefined,
        }),
      },
      8 * GB,
    );
  };

  it('names the step, its rows and what the variables hold, and keeps the cause', async () => {
    const engine = failing('OOM when allocating tensor with shape[128,1000000] and type float on device:GPU:0');
    const kept = engine.variable('kept', { shape: [500_000], dtype: 'float32' });
    engine.release(engine.variable('gone', { shape: [1_000_000], dtype: 'float32' }));
    const step = engine.compileStep({ name: 'er/train', inputs, body: () => ({}) });
    const error = await step
      .run([{ rows: new Int32Array(128), key: new Int32Array(2) }])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /Step er\/train asked for 512 MB.*variables of the trial hold 2 MB.*at most 64 rows instead of 128/,
      ),
      cause: expect.objectContaining({ message: expect.stringContaining('OOM') }),
    });
    engine.release(kept);
  });

  it('leaves other errors as they are', async () => {
    const step = failing('Matrix size-incompatible').compileStep({ name: 'x', inputs, body: () => ({}) });
    await expect(step.run([])).rejects.toThrow(/^Matrix size-incompatible$/);
  });
});

it.each([
  ['0, NVIDIA A100, 40960\n1, NVIDIA H200, 143771\n', undefined, 'NVIDIA H200', 143_771],
  ['0, NVIDIA A100, 40960\n1, NVIDIA H200, 143771\n', '0', 'NVIDIA A100', 40_960],
])('of several GPUs, the one that TensorFlow takes', (lines, visible, name, mebibytes) => {
  expect(lastVisible(lines, visible)).toEqual({ name, memoryBytes: mebibytes * 2 ** 20 });
  expect(lastVisible('Failed to initialize NVML', visible)).toBeNull();
});
