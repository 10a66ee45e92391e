import { z } from 'zod';
import type {
  ArtefactRequest,
  Family,
  HyperParameters,
  Method,
  MethodNeeds,
  Outcome,
  Paper,
  SuiteFacts,
  TrialContext,
  TrialEvent,
} from './contract.ts';

/** What every method says of itself, whatever its family; a family's definition adds how it works. */
export interface MethodHeader<S extends z.ZodRawShape> {
  /** Lower-case letters, digits, + . _ -; for ever. */
  readonly id: string;
  /** Raised whenever the same hyper-parameters may give other numbers. */
  readonly version: number;
  readonly title: string;
  /** One sentence: what it does, not how well. */
  readonly summary: string;
  readonly paper: Paper | null;
  /** Hyper-parameters, each with range, default and `.describe()`. */
  readonly fields: S;
  readonly needs?: MethodNeeds;
  /** Ends of the scale that are always on the leaderboard. */
  readonly reference?: 'lower' | 'upper';
  /** Asked for suites of the method's own family: true, or the sentence that says why not. */
  fits?(suite: SuiteFacts): true | string;
}

/** Values of the hyper-parameters with these fields. */
export type ValuesOf<S extends z.ZodRawShape> = z.output<z.ZodObject<S>>;

/** What a family, or a method that fits no family's helper, adds to the header. */
export interface MethodBody<S extends z.ZodRawShape> {
  readonly family: Family;
  /** The sentence for suites of other families. */
  elsewhere(suite: SuiteFacts): string;
  artefacts?(suite: SuiteFacts, values: ValuesOf<S>, seed: number): readonly ArtefactRequest[];
  run(context: TrialContext, values: ValuesOf<S>): AsyncGenerator<TrialEvent, Outcome, void>;
}

/**
 * The method that a header and a body describe: the one place where both become the contract that the runner knows. Hyper-parameters are
 * parsed here, so that `run` and `artefacts` see complete values within their ranges.
 */
export function defineMethod<S extends z.ZodRawShape>(
  header: MethodHeader<S>,
  { family, elsewhere, artefacts, run }: MethodBody<S>,
): Method {
  const { id, version, title, summary, paper, needs = {}, reference } = header;
  const schema = z.object(header.fields);
  return {
    id,
    version,
    title,
    summary,
    family,
    paper,
    schema,
    needs,
    reference,
    fits: (suite) => (suite.family === family ? (header.fits?.(suite) ?? true) : elsewhere(suite)),
    ...(artefacts === undefined
      ? {}
      : {
          artefacts: (suite: SuiteFacts, given: HyperParameters, seed: number) =>
            artefacts(suite, schema.parse(given), seed),
        }),
    run: (context, given) => run(context, schema.parse(given)),
  };
}
