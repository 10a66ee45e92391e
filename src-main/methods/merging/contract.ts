import type { z } from 'zod';
import type { Stream } from '../../engine/random/streams.ts';
import type { NamedArrays } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import type { Method, Outcome } from '../contract.ts';
import { defineMethod } from '../define.ts';
import type { MethodHeader, ValuesOf } from '../define.ts';
import type { Combine, Ensemble } from '../ensembling/contract.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { openEnsemble, openMembers } from '../ensembling/shared/members.ts';
import { IidProtocol } from '../training/contract.ts';
import { expertRequests, expertsOf } from './shared/protocol.ts';

/** Names under which the suite looks for the two nets whose connecting path it measures. */
export const PATH_ENDS = ['end/0', 'end/1'] as const;

/** What a merging method works with: nets of one architecture, and nothing that was not declared. */
export interface MergingInput {
  readonly network: Network;
  readonly models: readonly NamedArrays[];
  /** Predictions of the models, and validation data where the method asks for it. */
  readonly ensemble: Ensemble;
  stream(name: string): Stream;
}

/**
 * Parameters of one merged net, with the aligned nets it lies between; or, for references, how the answers of nets are
 * combined.
 */
export type Merged =
  | {
      readonly kind: 'parameters';
      readonly merged: NamedArrays;
      readonly ends?: readonly [NamedArrays, NamedArrays];
      readonly scalars?: Readonly<Record<string, number>>;
      readonly notes?: readonly string[];
    }
  | {
      readonly kind: 'predictions';
      /** Those that answer; all of them unless told. */
      readonly models?: readonly number[];
      readonly combine: Combine;
      readonly notes?: readonly string[];
    };

export interface MergingDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  /** A generator, so that long work can say how far it is: yields shares of the work done, in [0, 1]. */
  merge(
    input: MergingInput,
    hyperParameters: ValuesOf<S>,
  ): AsyncGenerator<number, Merged, void> | Generator<number, Merged, void>;
}

/** Raised whenever the same method may give other numbers under this driver. */
const MERGING_DRIVER = 1;

/** A merging method from how it merges: two nets of different seeds, trained by hidden trials, are opened here. */
export function defineMergingMethod<const S extends z.ZodRawShape>(definition: MergingDefinition<S>): Method {
  return defineMethod(definition, {
    family: 'merging',
    protocol: 'experts',
    driver: MERGING_DRIVER,
    trials: (suite, _values, seed) => expertRequests(suite, seed),
    async *run(context, hyperParameters) {
      const models = await openMembers(context, 2);
      yield { kind: 'progress', cursor: null, done: 0, total: 100 };
      const { ensemble, predictor } = openEnsemble(
        { ...context, protocol: new IidProtocol('experts', expertsOf(context).tasks[0]) },
        models,
      );
      const work = definition.merge(
        { network: context.network, models, ensemble, stream: context.stream },
        hyperParameters,
      );
      let step = await work.next();
      while (step.done !== true) {
        yield { kind: 'progress', cursor: null, done: Math.min(99, Math.floor(100 * step.value)), total: 100 };
        step = await work.next();
      }
      const result = step.value;
      yield { kind: 'progress', cursor: null, done: 100, total: 100 };
      if (result.kind === 'parameters') {
        const { merged, ends, scalars, notes } = result;
        const variables = networkVariables(context.engine, context.network, 'merged');
        variables.load(merged);
        const parameterSets: Record<string, NamedArrays> = {};
        ends?.forEach((end, index) => {
          parameterSets[PATH_ENDS[index]] = end;
        });
        const outcome: Outcome = {
          predictor: networkPredictor(context.engine, context.network, variables),
          parameterSets,
          artefacts: {
            model: { kind: 'model', spec: context.network.spec, arrays: merged, note: 'merged parameters' },
          },
          scalars,
          notes,
        };
        return outcome;
      }
      return { predictor: predictor(result.combine, result.models), notes: result.notes };
    },
  });
}
