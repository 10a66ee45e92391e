/**
 * What a method or suite of your own imports as `touchstone`: put a `.ts` file into the folder `methods` or `suites` of
 * your data folder. docs/add-a-method.md and docs/add-a-suite.md have examples.
 */
export * from '../methods/index.ts';
export type * from '../suites/contract.ts';
export { cosineMlp } from '../engine/networks/architectures/cosine-mlp.ts';
export { cnn } from '../engine/networks/architectures/cnn.ts';
export { mlp } from '../engine/networks/architectures/mlp.ts';
export { splitSuite } from '../suites/continual/shared/split-suite.ts';
export { expertsSuite } from '../suites/merging/shared/experts-suite.ts';
export { probeSuite } from '../suites/theory/shared/probe-suite.ts';
export { iidSuite } from '../suites/training/shared/iid-suite.ts';
