import { z } from 'zod';
import type { Measure } from '../base/measures.ts';
import type { NativeLibrary } from '../engine/native/library.ts';
import { GRANTS, grantWords } from './grants.ts';
import type { Grant } from './grants.ts';
import { KIND_WORDS } from './kinds.ts';
import type {
  HyperParameters,
  Method,
  Outcome,
  Paper,
  ProtocolKind,
  SuiteFacts,
  Target,
  TrialContext,
  TrialEvent,
  TrialRequest,
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
  /** What it uses beyond the training data of its budget; nothing unless told. What is not asked for throws. */
  readonly asks?: readonly Grant[];
  /** Numbers that it measures of itself and ends with in its `scalars`: columns of boards. */
  readonly measures?: readonly Measure[];
  /** What it can be asked to tell of a row; classes alone unless told. */
  readonly targets?: readonly Target[];
  /** A library outside of the engine that computes it. */
  readonly native?: NativeLibrary;
  /** Ends of the scale that are always on the leaderboard. */
  readonly reference?: 'lower' | 'upper';
  /** Asked for suites that hand out what the method needs: true, or the sentence that says why not. */
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
  /** The trials whose artefacts it opens. */
  trials?(suite: SuiteFacts, values: V, seed: number): readonly TrialRequest[];
  run(context: TrialContext, values: V): AsyncGenerator<TrialEvent, Outcome, void>;
}

/** Why a method of this kind that asks for this does not fit a suite, or null. */
function misfit(
  title: string,
  protocol: ProtocolKind,
  asks: readonly Grant[],
  targets: readonly Target[],
  { id, kind, grants, target }: SuiteFacts,
): string | null {
  if (kind !== protocol) return `${title} is for ${KIND_WORDS[protocol]}; ${id} is ${KIND_WORDS[kind]}.`;
  if (!targets.includes(target)) return `${title} tells ${targets.join(' and ')}; ${id} asks for ${target}.`;
  const missing = asks.filter((grant) => !grants.includes(grant)).map((grant) => grantWords(grant).noun);
  return missing.length === 0 ? null : `${title} asks for ${missing.join(' and ')}; ${id} does not offer that.`;
}

/** A file of a person's own may still speak in the words of an earlier version. */
function checkWords(header: object): void {
  if ('needs' in header)
    throw new Error(
      '`needs` is called `asks` now and is a list: write `asks: []` with what applies of ' +
        `${GRANTS.map((grant) => `'${grant}'`).join(', ')}`,
    );
}

/**
 * The method that a header and a body describe: the one place where both become the contract that the runner knows.
 * Hyper-parameters are parsed here, so that `run` and `trials` see complete values within their ranges.
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
  body: MethodBody<V>,
): Method {
  checkWords(header);
  refuseFormerNames(body);
  const { family, protocol, driver = 1, trials, run } = body;
  const { id, version, title, summary, paper, asks = [], measures, targets = ['classes'], native, reference } = header;
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
    asks,
    reference,
    ...(measures === undefined ? {} : { measures }),
    ...(native === undefined ? {} : { native }),
    fits: (suite) => misfit(title, protocol, asks, targets, suite) ?? header.fits?.(suite) ?? true,
    ...(trials === undefined
      ? {}
      : {
          trials: (suite: SuiteFacts, given: HyperParameters, seed: number) => trials(suite, values.parse(given), seed),
        }),
    run: (context, given) => run(context, values.parse(given)),
  };
}

/** What own files of before call otherwise: in a method, or in what its run ends with. @throws Error that says so */
export function refuseFormerNames(given: object): void {
  if ('artefacts' in given && typeof given.artefacts === 'function')
    throw new Error('`artefacts()` of a method is called `trials()` now: rename it in your file');
  if ('artefact' in given)
    throw new Error(
      'what a run leaves for others is `artefacts: { model: { kind: "model", spec: context.network.spec, arrays, ' +
        'note } }` now: write it in place of `artefact` in your file',
    );
}
