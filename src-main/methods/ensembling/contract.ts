import type { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import type { Answers } from '../contract.ts';
import type { MethodHeader, ValuesOf } from '../define.ts';
import type { ResidentSplit } from '../training/contract.ts';

/** What an ensembling method works with. */
export interface Ensemble {
  readonly members: readonly NamedArrays[];
  /** Number of classes. */
  readonly outputs: number;
  /** Logits [rows × outputs] of one member. */
  logits(member: number, split: ResidentSplit): Promise<Float32Array>;
  /** Held-out data with labels; only for methods that ask for it. */
  validation(): Promise<ResidentSplit & { readonly labels: Int32Array }>;
}

export interface EnsemblingDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  /** How many networks it uses. */
  members(hyperParameters: ValuesOf<S>): number;
  /**
   * What is fitted once, before anything is predicted; by default nothing. Answers how members' answers become one.
   */
  fit(
    ensemble: Ensemble,
    hyperParameters: ValuesOf<S>,
  ): Promise<{
    readonly combine: Combine;
    readonly scalars?: Readonly<Record<string, number>>;
    readonly notes?: readonly string[];
  }>;
}

/** What each member answers → the answer of the whole. */
export type Combine = (members: readonly Answers[]) => Answers;
