import { z } from 'zod';
import type { NamedArrays, Variable } from '../../engine/types.ts';
import type { Artefact, HyperParameters, Method, MethodNeeds, Outcome, Paper, Predictor, TrialContext } from '../contract.ts';
import { iidProtocol } from '../training/contract.ts';
import type { ResidentSplit } from '../training/contract.ts';
import { loadableNetwork } from '../training/shared/driver.ts';

/** Networks of one trial have seeds 100·seed, 100·seed + 1, …, so that no two trials share one unless they should. */
export const MEMBERS_AT_MOST = 100;

/** The seed of network `index` of the trial with this seed. */
export function memberSeed(seed: number, index: number): number {
  return seed * MEMBERS_AT_MOST + index;
}

/** Networks trained from different seeds on the suite's training set; each is made once and shared by all methods and by larger ensembles. */
export function memberRequests(suite: string, seed: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({ name: `member/${index}`, suite, method: 'train-network', hyperParameters: {}, seed: memberSeed(seed, index) }));
}

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

export interface EnsemblingDefinition<S extends z.ZodRawShape> {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly paper: Paper | null;
  readonly fields: S;
  readonly needs?: MethodNeeds;
  readonly reference?: 'lower' | 'upper';
  /** How many networks it uses. */
  members(hyperParameters: z.output<z.ZodObject<S>>): number;
  /** What is fitted once, before anything is predicted; by default nothing. Answers how members' logits become one answer. */
  fit(ensemble: Ensemble, hyperParameters: z.output<z.ZodObject<S>>): Promise<{ readonly combine: Combine; readonly scalars?: Readonly<Record<string, number>>; readonly notes?: readonly string[] }>;
}

/** Logits of each member [rows × outputs] → logits or log-probabilities of the whole. */
export type Combine = (logits: readonly Float32Array[], outputs: number) => Float32Array;

/** An ensembling method from how it combines: its members are the artefacts of hidden trials, opened here. */
export function defineEnsemblingMethod<const S extends z.ZodRawShape>(definition: EnsemblingDefinition<S>): Method {
  const schema = z.object(definition.fields);
  return {
    id: definition.id, version: definition.version, title: definition.title, summary: definition.summary, family: 'ensembling', paper: definition.paper,
    schema, needs: definition.needs ?? {}, reference: definition.reference,
    fits: (suite) => (suite.family === 'ensembling' ? true : `${definition.title} combines networks trained for an ensembling suite; ${suite.id} is none.`),
    artefacts: (suite, hyperParameters, seed) => memberRequests(suite.id, seed, definition.members(schema.parse(hyperParameters))),
    async *run(context, given: HyperParameters) {
      const hyperParameters = schema.parse(given);
      const members: NamedArrays[] = [];
      const count = definition.members(hyperParameters);
      for (let index = 0; index < count; index += 1) members.push((await context.artefact(`member/${index}`)).arrays);
      context.meter.bytesStored(members.reduce((sum, member) => sum + bytesOf(member), 0));
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
  };
}

/** Members on one engine. Passes that a method asks for are metered; those of the suite's own judgement (`logitsOfAll`) are not. */
export function openEnsemble(context: TrialContext, members: readonly NamedArrays[], mayValidate: boolean): { readonly ensemble: Ensemble; logitsOfAll(inputs: Variable, rows: number): Promise<Float32Array[]> } {
  const protocol = iidProtocol(context);
  const { load, predictor } = loadableNetwork(context);
  const predict = (member: number, inputs: Variable, rows: number): Promise<Float32Array> => {
    load(members[member]);
    return predictor.predict(inputs, rows);
  };
  return {
    ensemble: {
      members, outputs: protocol.outputs,
      logits(member, { x, rows }) {
        context.meter.passes({ forward: rows });
        return predict(member, x, rows);
      },
      async validation() {
        if (!mayValidate) throw new Error('This method uses validation data without declaring `needs.validationData`.');
        const split = protocol.validation();
        return { ...split, labels: Int32Array.from(await context.engine.read(split.y)) };
      },
    },
    async logitsOfAll(inputs, rows) {
      const logits: Float32Array[] = [];
      for (const index of members.keys()) logits.push(await predict(index, inputs, rows));
      return logits;
    },
  };
}

export function bytesOf(arrays: Artefact['arrays']): number {
  return Object.values(arrays).reduce((sum, values) => sum + values.byteLength, 0);
}
