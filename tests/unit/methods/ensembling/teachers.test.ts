import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../../../src-main/engine/tf.ts';
import { discrimination } from '../../../../src-main/methods/ensembling/meal-v2.ts';
import { distillationLoss, divergence } from '../../../../src-main/methods/ensembling/shared/teachers.ts';

interface Loss {
  readonly loss: number;
  readonly gradient: number[][];
}
const {
  distillation: known,
}: {
  distillation: { student: number[][]; teachers: number[][][]; labels: number[]; hinton: Loss; meal: Loss };
} = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/methods/ensembling/several-nets.json'), 'utf8'),
);

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

/** The mean of the teachers' distributions at a temperature. */
const targets = (temperature: number): Tensor =>
  tf.mean(tf.softmax(tf.div(tf.tensor3d(known.teachers), temperature)), 0);

function check(loss: (student: Tensor) => Scalar, expected: Loss): void {
  const { value, gradients } = valueAndGradients(({ student }) => loss(student), {
    student: tf.tensor2d(known.student),
  });
  expect(value.dataSync()[0]).toBeCloseTo(expected.loss, 5);
  const found = gradients['student'].dataSync();
  expected.gradient.flat().forEach((part, at) => expect(found[at]).toBeCloseTo(part, 6));
}

describe('what a student learns from teachers', () => {
  it('is the known loss of Hinton et al., with T² and both halves', () => {
    const labels = tf.tensor1d(known.labels, 'int32');
    check((student) => distillationLoss(student, labels, targets(2), { temperature: 2, weight: 0.5 }), known.hinton);
  });

  it('is the known similarity of MEAL V2, 0 where the student answers as they do', () => {
    check((student) => divergence(student, targets(1)), known.meal);
    expect(divergence(tf.log(targets(1)), targets(1)).dataSync()[0]).toBeCloseTo(0, 6);
  });

  it('is what the discriminator takes for theirs: log ½ twice where it cannot tell', () => {
    const even = tf.zeros([3, 1]);
    expect(discrimination(even, even).dataSync()[0]).toBeCloseTo(-2 * Math.LN2, 6);
    expect(discrimination(tf.fill([1, 1], 9), tf.fill([1, 1], -9)).dataSync()[0]).toBeCloseTo(0, 3);
  });
});
