import { z } from 'zod';
import { numberAnswers } from '../../../answers.ts';
import type { Answers, Method, Predictor, TrialContext } from '../../../contract.ts';
import { defineMethod } from '../../../define.ts';
import type { MethodHeader } from '../../../define.ts';
import { libraryFields, libraryRequests, logProbabilities, openAnswers } from '../library.ts';
import type { LibraryValues } from '../library.ts';
import type { FittedStrategy, Fitting, Predictions, Strategy } from './strategy.ts';

/** Least probability of which a logarithm is taken. */
const LEAST = 1e-12;

const librarySizes = z.object(libraryFields);

/**
 * A method that fits a strategy, the same that `touchstone ensemble` fits to a person's own predictions, to the answers
 * out of fold of a library of ordinary methods, and answers with the library's networks trained on all training rows.
 * Its fields are those of the strategy and of the library; `fields` stands in the place of some.
 */
export function defineStrategyMethod(
  { fields = {}, ...header }: Omit<MethodHeader<z.ZodRawShape>, 'fields'> & { readonly fields?: z.ZodRawShape },
  strategy: Strategy,
): Method {
  return defineMethod(
    { ...header, fields: { ...strategy.schema.shape, ...libraryFields, ...fields } },
    {
      family: 'ensembling',
      protocol: 'rows',
      trials: (suite, values, seed) => libraryRequests(suite, librarySizes.parse(values), seed),
      async *run(context, values) {
        const { names, fitting, predictor } = await openFitting(context, librarySizes.parse(values));
        yield { kind: 'progress', cursor: null, done: 0, total: 1 };
        const fitted = strategy.fit(fitting, strategy.schema.parse(values));
        yield { kind: 'progress', cursor: null, done: 1, total: 1 };
        const { weights, note } = fitted;
        const shares = weights?.flatMap((weight, i) => (weight === 0 ? [] : [`${names[i]}: ${weight.toFixed(3)}`]));
        return {
          predictor: predictor(fitted),
          scalars: { 'models.used': shares?.length ?? names.length },
          notes: [...(note === undefined ? [] : [note]), ...(shares === undefined ? [] : [shares.join(', ')])],
        };
      },
    },
  );
}

/** What a strategy is fitted to, and the predictor of what was fitted. */
async function openFitting(context: TrialContext, sizes: LibraryValues) {
  const { names, outputs: width, kind, truth, outOfFold, predictor } = await openAnswers(context, sizes);
  const told = (values: Float64Array): Predictions => ({
    kind: kind === 'classes' ? 'probabilities' : 'numbers',
    rows: values.length / width,
    width,
    values,
  });
  const models = outOfFold.map((own) =>
    told(kind === 'classes' ? Float64Array.from(own, Math.exp) : Float64Array.from(own)),
  );
  const said = (answers: Answers): Predictions =>
    told(
      kind === 'classes'
        ? logProbabilities(answers, width).map(Math.exp)
        : Float64Array.from(numberAnswers(answers, answers.values.length / width, width).values),
    );
  const fitting: Fitting = { models, target: truth };
  return {
    names,
    fitting,
    predictor({ apply, weights }: FittedStrategy): Predictor {
      // Models without weight are not asked; any answers stand in their place.
      const used = [...models.keys()].filter((model) => weights === undefined || weights[model] !== 0);
      return predictor((answers) => {
        const asked = answers.map(said);
        const { values } = apply(models.map((_, model) => asked[Math.max(0, used.indexOf(model))]));
        return kind === 'classes'
          ? { kind: 'log-probabilities', width, values: Float32Array.from(values, (p) => Math.log(Math.max(LEAST, p))) }
          : { kind: 'numbers', width, values: Float32Array.from(values) };
      }, used);
    },
  };
}
