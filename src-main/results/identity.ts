import { canonicalJson, sha256 } from '../base/canonical.ts';

/** Exactly what a result depends on: a trial's id is the SHA-256 of this, so a result never answers for anything else. */
export interface TrialIdentity {
  readonly suite: string;
  readonly suiteVersion: number;
  readonly protocolHash: string;
  /** SHA-256 of each of the suite's datasets, in the suite's order. */
  readonly data: readonly string[];
  readonly method: string;
  readonly methodVersion: number;
  /** Resolved: every field of the schema present. */
  readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
  readonly seed: number;
  readonly backend: string;
  /** `Engine.numerics`: changes whenever the same trial may give other numbers. */
  readonly numerics: string;
  /** `sourceOf` a person's own method; null or absent where all comes with the program. */
  readonly sourceHash?: string | null;
}

/** The content address of a trial: 64 hexadecimal digits. */
export function trialId(identity: TrialIdentity): string {
  const { suite, suiteVersion, protocolHash, data, method, methodVersion, hyperParameters, seed, backend, numerics } =
    identity;
  // Left out where there is none: so the ids of built-in methods are what they were before own files had a part.
  const sourceHash = identity.sourceHash ?? undefined;
  return sha256(
    canonicalJson({
      suite,
      suiteVersion,
      protocolHash,
      data,
      method,
      methodVersion,
      hyperParameters,
      seed,
      backend,
      numerics,
      sourceHash,
    }),
  );
}

/**
 * The source of a trial: the hash of the own method's file, together with those of own methods whose artefacts it uses. Null where all
 * come with the program.
 */
export function sourceOf(method: string | undefined, artefacts: readonly (string | null)[]): string | null {
  const used = [...new Set(artefacts.filter((source) => source !== null))].sort();
  if (used.length === 0) return method ?? null;
  return sha256(canonicalJson({ method: method ?? null, artefacts: used }));
}

/** Digits of a hash that tell configurations, and versions of a file, apart. */
const SHORT = 12;

/** Where results come from that were not computed here: the hash of the imported file, and whether they bore looking at. */
export interface ImportOrigin {
  readonly file: string;
  readonly checked: boolean;
}

/**
 * Identity of a configuration: the method, the hash of its resolved hyper-parameters, for an own method of its file, and for imported results
 * of the file that they came with. So what two versions of an own file measured, or this machine and another, is never averaged.
 */
export function configurationKey(
  method: string,
  hyperParameters: TrialIdentity['hyperParameters'],
  source?: string | null,
  origin?: ImportOrigin | null,
): string {
  const key = `${method}@${sha256(canonicalJson(hyperParameters)).slice(0, SHORT)}`;
  const own = source == null ? '' : `+${shortSource(source)}`;
  return `${key}${own}${origin == null ? '' : originPart(origin)}`;
}

/** What a row's or a configuration's key ends in where it was imported. */
export function originPart({ file, checked }: ImportOrigin): string {
  return `^${file.slice(0, SHORT)}${checked ? '' : '!'}`;
}

/** What a configuration's key says beside method and settings. */
export interface ConfigurationParts {
  /** Of the own method's file; null where the method comes with the program. */
  readonly source: string | null;
  /** Null where it was computed here. */
  readonly origin: ImportOrigin | null;
}

export function configurationParts(configuration: string): ConfigurationParts {
  const [, source, file, mark] = /@[0-9a-f]+(?:\+([0-9a-f]+))?(?:\^([0-9a-f]+)(!?))?$/.exec(configuration) ?? [];
  return {
    source: source ?? null,
    origin: file === undefined ? null : { file, checked: mark === '' },
  };
}

/** The id of an imported trial: never that of one that is computed here, so that it stands in for none. */
export function importedTrialId(file: string, trial: string): string {
  return sha256(canonicalJson({ file, trial }));
}

export function shortSource(source: string): string {
  return source.slice(0, SHORT);
}
