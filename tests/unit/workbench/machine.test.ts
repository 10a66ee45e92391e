import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../src-main/workbench/data-folder.ts';
import { shareDevice, workersFor } from '../../../src-main/workbench/hosts/machine.ts';
import { trialCommand } from '../../../src-main/workbench/reproduce.ts';
import { workerEnvironment } from '../../../src-main/workbench/hosts/local.ts';

describe('the data folder', () => {
  it('is TOUCHSTONE_DATA, else the platform’s place', () => {
    expect(dataFolder({ TOUCHSTONE_DATA: '/somewhere' }, 'linux', '/home/a')).toBe(path.resolve('/somewhere'));
    expect(dataFolder({}, 'linux', '/home/a')).toBe('/home/a/.local/share/touchstone');
    expect(dataFolder({ XDG_DATA_HOME: '/data' }, 'linux', '/home/a')).toBe('/data/touchstone');
    expect(dataFolder({ XDG_DATA_HOME: 'relative' }, 'linux', '/home/a')).toBe('/home/a/.local/share/touchstone');
    expect(dataFolder({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/Touchstone/Data');
  });
});

it('one trial at a time runs on a GPU, on the processor as many as the person says', () => {
  expect(workersFor('tensorflow-gpu', { TOUCHSTONE_WORKERS: '8' })).toBe(1);
  expect(workersFor('tensorflow-cpu', { TOUCHSTONE_WORKERS: '3' })).toBe(3);
  expect(workersFor('tensorflow-cpu', { TOUCHSTONE_WORKERS: '' })).toBeGreaterThanOrEqual(1);
});

it.each(['many', '0', '0x10', '1e3', ' 4', '-2', '1.5', '1_0', '99999'])(
  'TOUCHSTONE_WORKERS=%j is refused, whatever the backend',
  (text) => {
    for (const backend of ['tensorflow-cpu', 'tensorflow-gpu'])
      expect(() => workersFor(backend, { TOUCHSTONE_WORKERS: text })).toThrow(
        `TOUCHSTONE_WORKERS is a whole number from 1 to 1024, not ${JSON.stringify(text)}.`,
      );
  },
);

it('both GPU backends have one GPU between them', () => {
  expect(shareDevice('tensorflow-gpu', 'webgpu')).toBe(true);
  expect(shareDevice('webgpu', 'webgpu')).toBe(true);
  expect(shareDevice('tensorflow-cpu', 'webgpu')).toBe(false);
  expect(shareDevice('tensorflow-cpu', 'wasm')).toBe(false);
});

it('a worker gets one thread, and nothing of the person’s settings that would change numbers', () => {
  const env = workerEnvironment(
    {
      PATH: '/bin',
      TF_ENABLE_ONEDNN_OPTS: '0',
      OMP_NUM_THREADS: '16',
      NODE_OPTIONS: '--inspect',
      TOUCHSTONE_LIBTENSORFLOW: '/tf',
    },
    'tensorflow-cpu',
  );
  expect(env).toEqual({
    PATH: '/bin',
    TOUCHSTONE_LIBTENSORFLOW: '/tf',
    OMP_NUM_THREADS: '1',
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    TF_CPP_MIN_LOG_LEVEL: '2',
  });
});

it('a command that reproduces a trial survives a shell', () => {
  const trial = {
    suite: 's; touch x',
    method: 'm',
    hyperParameters: { rate: 0.1, note: "it's; rm -rf ~" },
    seed: 3,
    backend: 'wasm',
  };
  expect(trialCommand(trial)).toBe(
    "touchstone run 's; touch x' --methods 'm:rate=0.1:note=\"it'\\''s; rm -rf ~\"' --seeds 3 " +
      '--backend wasm --no-references',
  );
});
