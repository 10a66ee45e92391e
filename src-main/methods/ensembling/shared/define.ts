import type { z } from 'zod';
import type { Method } from '../../contract.ts';
import { defineMethod } from '../../define.ts';
import type { EnsemblingDefinition } from '../contract.ts';
import { memberRequests, openEnsemble, openMembers } from './members.ts';

/** Raised whenever the same method may give other numbers under this driver. */
const ENSEMBLING_DRIVER = 1;

/** An ensembling method from how it combines: its members are the artefacts of hidden trials, opened here. */
export function defineEnsemblingMethod<const S extends z.ZodRawShape>(definition: EnsemblingDefinition<S>): Method {
  return defineMethod(definition, {
    family: 'ensembling',
    protocol: 'rows',
    driver: ENSEMBLING_DRIVER,
    trials: ({ id: suite }, values, seed) => {
      const members = definition.members(values);
      if (definition.request === undefined) return memberRequests(suite, seed, members);
      const request = definition.request;
      return Array.from({ length: members }, (_, member) => ({
        name: `member/${member}`,
        ...request(values, { suite, seed, member, members }),
      }));
    },
    async *run(context, hyperParameters) {
      const members = await openMembers(context, definition.members(hyperParameters));
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      const { ensemble, predictor, merged } = openEnsemble(context, members);
      const fitted = await definition.fit(ensemble, hyperParameters);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      const { scalars, notes } = fitted;
      if ('combine' in fitted) return { predictor: predictor(fitted.combine), scalars, notes };
      const model = { kind: 'model', spec: context.network.spec, arrays: fitted.merged, note: 'merged' } as const;
      return { predictor: merged(fitted.merged), artefacts: { model }, scalars, notes };
    },
  });
}
