/**
 * What a method of your own imports as `touchstone`: put a `.ts` file with one default-exported method into the folder `methods` of your
 * data folder. docs/add-a-method.md has examples.
 */
export { tf } from './engine/tf.ts';
export type * from './engine/types.ts';
export type { Stream } from './engine/streams.ts';
export * from './methods/contract.ts';
export { defineContinualMethod } from './methods/continual/shared/driver.ts';
export * from './methods/continual/contract.ts';
export { defineMergingMethod } from './methods/merging/contract.ts';
export type * from './methods/merging/contract.ts';
export { defineEnsemblingMethod } from './methods/ensembling/contract.ts';
export type * from './methods/ensembling/contract.ts';
export { defineTrainingMethod } from './methods/training/shared/driver.ts';
export * from './methods/training/contract.ts';
export { z } from 'zod';
