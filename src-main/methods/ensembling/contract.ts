import type { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import type { Answers, TrialRequest } from '../contract.ts';
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

/** Which member of how many a trial is asked for, for whom. */
export interface MemberPlace {
  readonly suite: string;
  readonly seed: number;
  /** From 0. */
  readonly member: number;
  readonly members: number;
}

/** How members become one: by what they answer, or by their parameters. */
export type Fitted = ({ readonly combine: Combine } | { readonly merged: NamedArrays }) & {
  readonly scalars?: Readonly<Record<string, number>>;
  readonly notes?: readonly string[];
};

export interface EnsemblingDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  /** How many networks it uses. */
  members(hyperParameters: ValuesOf<S>): number;
  /** The trial that leaves a member; networks trained from different seeds unless told. */
  request?(hyperParameters: ValuesOf<S>, place: MemberPlace): Omit<TrialRequest, 'name'>;
  /** What is fitted once, before anything is predicted; often nothing. */
  fit(ensemble: Ensemble, hyperParameters: ValuesOf<S>): Promise<Fitted>;
}

/** What each member answers → the answer of the whole. */
export type Combine = (members: readonly Answers[]) => Answers;
