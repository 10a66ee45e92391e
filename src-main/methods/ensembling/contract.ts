import type { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import type { Method, Outcome, Predictor } from '../contract.ts';
import { defineMethod } from '../define.ts';
import type { MethodHeader, ValuesOf } from '../define.ts';
import type { ResidentSplit } from '../training/contract.ts';
import { memberRequests, openEnsemble, openMembers } from './shared/members.ts';

/** What an ensembling method works with. */
export interface Ensemble {
  readonly members: readonly NamedArrays[];
  /** Number of classes. */
  readonly outputs: number;
  /** Logits [rows × outputs] of one member. */
  logits(member: number, split: ResidentSplit): Promise<Float32Array>;
  /** Held-out data with labels; only for methods that declare `needs.validationData`. */
  validation(): Promise<ResidentSplit & { readonly labels: Int32Array }>;
}

export interface EnsemblingDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  /** How many networks it uses. */
  members(hyperParameters: ValuesOf<S>): number;
  /** What is fitted once, before anything is predicted; by default nothing. Answers how members' logits become one answer. */
  fit(
    ensemble: Ensemble,
    hyperParameters: ValuesOf<S>,
  ): Promise<{
    readonly combine: Combine;
    readonly scalars?: Readonly<Record<string, number>>;
    readonly notes?: readonly string[];
  }>;
}

/** Logits of each member [rows × outputs] → logits or log-probabilities of the whole. */
export type Combine = (logits: readonly Float32Array[], outputs: number) => Float32Array;

/** An ensembling method from how it combines: its members are the artefacts of hidden trials, opened here. */
export function defineEnsemblingMethod<const S extends z.ZodRawShape>(definition: EnsemblingDefinition<S>): Method {
  return defineMethod(definition, {
    family: 'ensembling',
    elsewhere: ({ id }) => `${definition.title} combines networks trained for an ensembling suite; ${id} is none.`,
    artefacts: (suite, values, seed) => memberRequests(suite.id, seed, definition.members(values)),
    async *run(context, hyperParameters) {
      const members = await openMembers(context, definition.members(hyperParameters));
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      const { ensemble, logitsOfAll } = openEnsemble(context, members, definition.needs?.validationData ?? false);
      const { combine, scalars, notes } = await definition.fit(ensemble, hyperParameters);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      const predictor: Predictor = {
        async predict(inputs, rows) {
          return combine(await logitsOfAll(inputs, rows), ensemble.outputs);
        },
      };
      return { predictor, scalars, notes } satisfies Outcome;
    },
  });
}
