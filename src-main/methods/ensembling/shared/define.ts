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
    trials: (suite, values, seed) => memberRequests(suite.id, seed, definition.members(values)),
    async *run(context, hyperParameters) {
      const members = await openMembers(context, definition.members(hyperParameters));
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      const { ensemble, predictor } = openEnsemble(context, members);
      const { combine, scalars, notes } = await definition.fit(ensemble, hyperParameters);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return { predictor: predictor(combine), scalars, notes };
    },
  });
}
