/** What a method needs of the program: the methods' part of what a person's own file imports as `touchstone`. */
export { tf } from '../engine/tf.ts';
export type * from '../engine/types.ts';
export type { Network, NetworkSpec } from '../engine/networks/specification.ts';
export type { Stream } from '../engine/random/streams.ts';
export * from './contract.ts';
export { defineMethod } from './define.ts';
export type * from './define.ts';
export { defineContinualMethod } from './continual/shared/driver.ts';
export * from './continual/contract.ts';
export { defineMergingMethod } from './merging/shared/define.ts';
export type * from './merging/contract.ts';
export { defineEnsemblingMethod } from './ensembling/shared/define.ts';
export type * from './ensembling/contract.ts';
export { defineTrainingMethod } from './training/shared/driver.ts';
export * from './training/contract.ts';
export { defineProbeMethod } from './theory/shared/define.ts';
export * from './theory/contract.ts';
export { z } from 'zod';
