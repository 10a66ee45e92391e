import { z } from 'zod';
import type {
  ArtefactRequest,
  HyperParameters,
  Method,
  MethodNeeds,
  Outcome,
  Paper,
  ProtocolKind,
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
  /** Asked for suites of the method's kind of protocol: true, or the sentence that says why not. */
  fits?(suite: SuiteFacts): true | string;
}

/** Values of the hyper-parameters with these fields. */
export type ValuesOf<S extends z.ZodRawShape> = z.output<z.ZodObject<S>>;

/** What a helper, or a method that fits no helper, adds to the header. */
export interface MethodBody<V> {
  /** Its shelf in the catalogue: the name of its folder. */
  readonly family: string;
  /** The kind of protocol that it learns from. */
  readonly protocol: ProtocolKind;
  /**
   * Version of the code that runs methods of this kind, raised whenever the same method may give other numbers under
   * it; 1 unless told.
   */
  readonly driver?: number;
  artefacts?(suite: SuiteFacts, values: V, seed: number): readonly ArtefactRequest[];
  run(context: TrialContext, values: V): AsyncGenerator<TrialEvent, Outcome, void>;
}

const KIND_WORDS: Readonly<Record<ProtocolKind, string>> = {
  rows: 'one training set',
  stream: 'a stream of tasks',
  experts: 'trained networks to merge',
  probe: 'an experiment of its own',
};

function otherKind(title: string, protocol: ProtocolKind, { id, kind }: SuiteFacts): string {
  return `${title} is for ${KIND_WORDS[protocol]}; ${id} is ${KIND_WORDS[kind]}.`;
}

/**
 * The method that a header and a body describe: the one place where both become the contract that the runner knows.
 * Hyper-parameters are parsed here, so that `run` and `artefacts` see complete values within their ranges.
 */
export function defineMethod<S extends z.ZodRawShape>(header: MethodHeader<S>, body: MethodBody<ValuesOf<S>>): Method {
  const schema = z.object(header.fields);
  return methodFrom(header, schema, schema, body);
}

/**
 * A method whose values are read by `values`, while its form is `schema` with the same fields. For methods whose
 * fields are put together from two parts.
 */
export function methodFrom<V>(
  header: Omit<MethodHeader<z.ZodRawShape>, 'fields'>,
  schema: z.ZodObject,
  values: z.ZodType<V>,
  { family, protocol, driver = 1, artefacts, run }: MethodBody<V>,
): Method {
  const { id, version, title, summary, paper, needs = {}, reference } = header;
  return {
    id,
    version,
    driver,
    title,
    summary,
    family,
    protocol,
    paper,
    schema,
    needs,
    reference,
    fits: (suite) => (suite.kind === protocol ? (header.fits?.(suite) ?? true) : otherKind(title, protocol, suite)),
    ...(artefacts === undefined
      ? {}
      : {
          artefacts: (suite: SuiteFacts, given: HyperParameters, seed: number) =>
            artefacts(suite, values.parse(given), seed),
        }),
    run: (context, given) => run(context, values.parse(given)),
  };
}
