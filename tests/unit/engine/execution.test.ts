import { describe, expect, it } from 'vitest';
import {
  kernelsFor,
  numericsOf,
  optimisesGraphs,
  stepsPerCallFor,
} from '../../../src-main/engine/recording/execution.ts';

describe('how recorded steps are run', () => {
  it.each([
    [1e12, 100, 1],
    [2e9, 100, 1],
    [1e9, 100, 2],
    [5e8, 100, 4],
    [2.9e8, 100, 8],
    [1e8, 100, 16],
    [0, 0, 16],
    [0, 300, 16],
    [0, 301, 8],
    [0, 1700, 2],
    [0, 10_000, 1],
  ])('a step of %d FLOPs and %d operations is put %d times into a call', (flops, operations, expected) => {
    expect(stepsPerCallFor(flops, operations)).toBe(expected);
  });

  it.each([
    ['x64', undefined, 'onednn'],
    ['x64', '', 'onednn'],
    ['x64', '0', 'eigen'],
    ['x64', 'false', 'eigen'],
    ['x64', '1', 'onednn'],
    ['arm64', undefined, 'eigen'],
    ['arm64', 'True', 'onednn'],
  ])('on %s with TF_ENABLE_ONEDNN_OPTS %s: %s', (architecture, asked, expected) => {
    expect(kernelsFor(architecture, asked)).toBe(expected);
  });

  it('the kernels are part of what identifies a number', () => {
    const all = [
      numericsOf('tensorflow-cpu', '2.21.0', 'onednn', new Set(['Own'])),
      numericsOf('tensorflow-cpu', '2.21.0', 'onednn', new Set()),
      numericsOf('tensorflow-cpu', '2.21.0', 'eigen', new Set()),
      numericsOf('tensorflow-gpu', '2.21.0', 'onednn', new Set()),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it.each([
    ['tensorflow-cpu', 'dense', false, false],
    ['tensorflow-cpu', 'convolutional', true, true],
    ['tensorflow-cpu', 'unknown', undefined, true],
    ['tensorflow-gpu', 'dense', false, true],
  ] as const)(
    'on %s with %s networks TensorFlow optimises graphs: %s',
    (backend, _network, convolutional, expected) => {
      expect(optimisesGraphs(backend, convolutional)).toBe(expected);
    },
  );
});
