import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import { defineMethod } from '../define.ts';
import { openModel } from '../shared/artefacts.ts';
import { evaluationLogits } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { iidProtocol } from '../training/contract.ts';
import { memberRequests } from './shared/members.ts';
import { memberPredictor } from './shared/member-predictor.ts';

/** A fixed view of images [B, height, width, channels]: mirrored or not, moved by whole pixels. */
export interface View {
  readonly mirrored: boolean;
  readonly down: number;
  readonly right: number;
}

/** The image as it is and moved each way by so many pixels, and all of these mirrored where that keeps a label. */
export function viewsOf(shift: number, mirror: boolean): View[] {
  const moves = [
    [0, 0],
    ...(shift === 0
      ? []
      : [
          [-shift, 0],
          [shift, 0],
          [0, -shift],
          [0, shift],
        ]),
  ];
  return [false, ...(mirror ? [true] : [])].flatMap((mirrored) =>
    moves.map(([down, right]) => ({ mirrored, down, right })),
  );
}

/** Zeros come in where the image moved away. */
export function viewed(x: Tensor, { mirrored, down, right }: View): Tensor {
  const turned = mirrored ? tf.reverse(x, 2) : x;
  if (down === 0 && right === 0) return turned;
  const pads: [number, number][] = [
    [0, 0],
    [Math.max(0, down), Math.max(0, -down)],
    [Math.max(0, right), Math.max(0, -right)],
    [0, 0],
  ];
  const begin = [0, Math.max(0, -down), Math.max(0, -right), 0];
  return tf.slice(tf.pad(turned, pads), begin, x.shape);
}

/** Test-time augmentation: one network's answers to several views of an image, averaged as distributions. */
export default defineMethod(
  {
    id: 'test-time-augmentation',
    version: 1,
    title: 'Test-time augmentation',
    summary: 'The mean of one network’s distributions over fixed views of an image: moved a little, mirrored.',
    paper: {
      title: 'ImageNet Classification with Deep Convolutional Neural Networks',
      authors: 'Krizhevsky, Sutskever, Hinton',
      year: 2012,
      reference: '10.1145/3065386',
      equations: 'Data augmentation: the mean of the softmax answers to patches and their mirror images',
      deviations: 'Moves by whole pixels into zeros, where the paper cuts patches out of larger images.',
    },
    fields: {
      shift: z.number().int().min(0).max(4).default(1).describe('Pixels that images are moved by; 0: not at all'),
    },
    fits: ({ id, target, network }) =>
      target !== 'classes'
        ? `${id} asks for numbers; this averages answers about classes.`
        : network.input.length === 3
          ? true
          : `The network of ${id} takes rows of numbers; views are of images.`,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials: ({ id }, _values, seed) => memberRequests(id, seed, 1),
    async *run(context, { shift }) {
      const { engine, network } = context;
      const variables = networkVariables(engine, network, 'member');
      variables.load((await openModel(context, 'member/0')).arrays);
      const views = viewsOf(shift, iidProtocol(context).augmentation?.flip === true);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: memberPredictor(engine, network, variables, views.length, (scope, x) =>
          tf.stack(
            views.map((view) => evaluationLogits(scope, network, variables, viewed(x, view))),
            1,
          ),
        ),
        notes: [`${views.length} views of each image, a pass each.`],
      };
    },
  },
);
