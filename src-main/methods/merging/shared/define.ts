import type { z } from 'zod';
import { MODEL } from '../../contract.ts';
import type { JsonValue, Method, Outcome, TrialEvent } from '../../contract.ts';
import { defineMethod } from '../../define.ts';
import { PATH_ENDS, pathPlace } from '../contract.ts';
import type { Merged, MergingDefinition, MergingProgress } from '../contract.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import { ESTIMATION_ROWS } from './estimated-norms.ts';
import { expertsMisfit, openExperts } from './experts.ts';
import type { OpenExperts } from './experts.ts';
import { statisticRequests } from './expert-statistics.ts';
import { expertRequests } from './protocol.ts';

const NORMS_ESTIMATED =
  'Batch-norm statistics of this net and of those it is made of are estimated anew by a pass of unlabelled training ' +
  `inputs (at most ${ESTIMATION_ROWS} of them): data use "statistics".`;

/** Raised whenever the same method may give other numbers under this driver. */
const MERGING_DRIVER = 1;

/** A merging method from how it merges: the nets that the suite declares, trained by hidden trials, are opened here. */
export function defineMergingMethod<const S extends z.ZodRawShape>(definition: MergingDefinition<S>): Method {
  return defineMethod(
    { ...definition, fits: (suite) => expertsMisfit(definition, suite) ?? definition.fits?.(suite) ?? true },
    {
      family: 'merging',
      protocol: 'experts',
      driver: MERGING_DRIVER,
      trials: (suite, values, seed) => [
        ...expertRequests(suite, seed),
        ...statisticRequests(suite, seed, definition.statistics?.(values) ?? {}),
        ...(definition.requests?.(suite, values, seed) ?? []),
      ],
      async *run(context, values) {
        const experts = await openExperts(context);
        // A trial that goes on keeps its place at every yield, also at those before and after the merge's own.
        let cursor = context.state.restored ?? null;
        yield progress(0, cursor);
        const work = definition.merge(experts.input, values);
        let step = await work.next();
        while (step.done !== true) {
          if (typeof step.value !== 'number') cursor = step.value.done;
          yield progress(step.value, cursor);
          step = await work.next();
        }
        yield progress(1, cursor);
        return await outcomeOf(experts, step.value);
      },
    },
  );
}

/** Shares are told in hundredths; steps are places where the trial may be resumed. */
function progress(value: MergingProgress, cursor: JsonValue): TrialEvent {
  if (typeof value === 'number') return { kind: 'progress', cursor, done: Math.floor(100 * value), total: 100 };
  const { done, total, metrics } = value;
  return { kind: 'progress', cursor, done, total, metrics };
}

async function outcomeOf(experts: OpenExperts, result: Merged): Promise<Outcome> {
  const { declared, input } = experts;
  const { scalars, matrices } = result;
  const notes = input.networks.some(({ state }) => state.length > 0)
    ? [...(result.notes ?? []), NORMS_ESTIMATED]
    : result.notes;
  switch (result.kind) {
    case 'predictions':
      return {
        predictor: experts.combined(result.combine, result.models),
        parameterSets: declared,
        scalars,
        matrices,
        notes,
      };
    case 'a net a model': {
      const nets: NamedArrays[] = [];
      for (const [model, net] of result.nets.entries()) {
        const network = result.networks?.[model] ?? input.networks[model];
        nets.push(await experts.settled(network, net));
      }
      return {
        predictor: experts.netByModel(nets, result.networks),
        knownTasks: experts.tasks,
        parameterSets: declared,
        scalars,
        matrices,
        notes,
      };
    }
    case 'answers':
      return {
        predictor: experts.answered(result.answers, result.uses),
        ...(result.unseen ? {} : { knownTasks: experts.tasks }),
        parameterSets: declared,
        scalars,
        matrices,
        notes,
      };
    case 'parameters': {
      const { network = input.network, ends = [], path: places = [] } = result;
      const merged = await experts.settled(network, experts.withHeads(result.merged));
      const path = [
        ...ends.map((end, index) => [PATH_ENDS[index], experts.withHeads(end)]),
        ...places.map((place, index) => [pathPlace(index), experts.withHeads(place)]),
      ];
      return {
        predictor: experts.merged(network, merged),
        parameterSets: { ...declared, ...Object.fromEntries(path) },
        artefacts: { [MODEL]: { kind: 'model', spec: network.spec, arrays: merged, note: 'merged parameters' } },
        scalars,
        matrices,
        notes,
      };
    }
  }
}
