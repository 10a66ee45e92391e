import { canonicalJson, sha256 } from '../base/canonical.ts';

/**
 * Exactly what a result depends on: a trial's id is the SHA-256 of this, so a result never answers for anything else.
 */
export interface TrialIdentity {
  readonly suite: string;
  readonly suiteVersion: number;
  readonly protocolHash: string;
  /** SHA-256 of each of the suite's datasets, in the suite's order. */
  readonly data: readonly string[];
  readonly method: string;
  readonly methodVersion: number;
  /** SHA-256 of a person's own method's file; null where the method comes with the program. */
  readonly sourceHash: string | null;
  /** Version of what runs the method: its family's driver. */
  readonly driver: number;
  /** Resolved: every field of the schema present. */
  readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
  readonly seed: number;
  /** Null where the suite has no folds. */
  readonly fold: number | null;
  readonly backend: string;
  /** `Engine.numerics`: changes whenever the same trial may give other numbers. */
  readonly numerics: string;
  /** What it opens of other trials, by the name under which it opens it: see `artefactReference`. */
  readonly artefacts: Readonly<Record<string, string>>;
}

/** The content address of a trial: 64 hexadecimal digits. */
export function trialId(identity: TrialIdentity): string {
  const { seed, fold, artefacts, data } = identity;
  return sha256(canonicalJson({ ...withoutPlace(identity), data, seed, fold, artefacts }));
}

/** The name of the artefact of a trial that its id alone stands for. */
const USUAL_ARTEFACT = 'model';

/** An artefact in an identity: the id of the trial that makes it, with `#` and its name where that is not `model`. */
export function artefactReference(trial: string, artefact: string = USUAL_ARTEFACT): string {
  return artefact === USUAL_ARTEFACT ? trial : `${trial}#${artefact}`;
}

/** The id of the trial in an `artefactReference`. */
export function trialIn(reference: string): string {
  const at = reference.indexOf('#');
  return at < 0 ? reference : reference.slice(0, at);
}

/** The name of the artefact in an `artefactReference`. */
export function artefactIn(reference: string): string {
  const at = reference.indexOf('#');
  return at < 0 ? USUAL_ARTEFACT : reference.slice(at + 1);
}

/** What of an identity is the same for every seed and fold, but for data and artefacts. */
function withoutPlace(identity: Omit<TrialIdentity, 'data' | 'seed' | 'fold' | 'artefacts'>): Record<string, unknown> {
  const { suite, suiteVersion, protocolHash, method, methodVersion, sourceHash, driver } = identity;
  const { hyperParameters, backend, numerics } = identity;
  return {
    suite,
    suiteVersion,
    protocolHash,
    method,
    methodVersion,
    sourceHash,
    driver,
    hyperParameters,
    backend,
    numerics,
  };
}

/** A field of an identity in which two differ, in words, with what it is in each. */
export interface IdentityDifference {
  readonly what: string;
  readonly first: string;
  readonly second: string;
}

const FIELDS: readonly (readonly [name: keyof TrialIdentity, what: string])[] = [
  ['suite', 'suite'],
  ['suiteVersion', 'suite version'],
  ['protocolHash', 'protocol of the suite'],
  ['data', 'data'],
  ['method', 'method'],
  ['methodVersion', 'method version'],
  ['sourceHash', 'file of the method'],
  ['driver', 'driver version'],
  ['hyperParameters', 'settings'],
  ['seed', 'seed'],
  ['fold', 'fold'],
  ['backend', 'backend'],
  ['numerics', 'numerics'],
  ['artefacts', 'artefacts'],
];

/** Everything in which two identities differ; nothing where they have the same id. */
export function identityDifferences(first: TrialIdentity, second: TrialIdentity): IdentityDifference[] {
  return FIELDS.flatMap(([name, what]) => {
    const [a, b] = [canonicalJson(first[name]), canonicalJson(second[name])];
    return a === b ? [] : [{ what, first: shortened(a), second: shortened(b) }];
  });
}

/** Without the quotes of JSON; of a hash the first digits. */
function shortened(json: string): string {
  return json.replace(/^"(.*)"$/s, '$1').replaceAll(/\b[0-9a-f]{64}\b/g, (hash) => hash.slice(0, SHORT));
}

/** Digits of a hash that tell configurations, and versions of a file, apart. */
const SHORT = 12;

/**
 * Which version of everything a cell was measured with: what beside suite, settings and backend its trials have in
 * common.
 */
export interface CellVersion {
  readonly suiteVersion: number;
  readonly protocolHash: string;
  /** `dataHash` of the suite's datasets. */
  readonly data: string;
  readonly methodVersion: number;
  readonly sourceHash: string | null;
  readonly driver: number;
  readonly numerics: string;
  /** The cells of the trials whose artefacts are opened, by name: their ids, as in `artefactReference`. */
  readonly artefacts: Readonly<Record<string, string>>;
}

/**
 * The identity of a cell: all that identifies its trials but seed and fold, and their artefacts by theirs without seed
 * and fold in turn. `configuration` says for imported results where they come from.
 */
export function cellId(
  { suite, method, hyperParameters, backend }: Pick<TrialIdentity, 'suite' | 'method' | 'hyperParameters' | 'backend'>,
  configuration: string,
  version: CellVersion,
): string {
  return sha256(canonicalJson({ suite, method, hyperParameters, configuration, backend, version }));
}

/** One hash for all datasets of a suite: the only one's own, or the hash over the list. */
export function dataHash(data: readonly string[]): string {
  return data.length === 1 && data[0] !== undefined ? data[0] : sha256(canonicalJson(data));
}

/**
 * Where results come from that were not computed here: the hash of the imported file, and whether they bore looking at.
 */
export interface ImportOrigin {
  readonly file: string;
  readonly checked: boolean;
}

/**
 * Name of a configuration: the method, the hash of its resolved hyper-parameters, and for imported results the file
 * that they came with, so that what this machine and another measured is never averaged.
 */
export function configurationKey(
  method: string,
  hyperParameters: TrialIdentity['hyperParameters'],
  origin?: ImportOrigin | null,
): string {
  const key = `${method}@${sha256(canonicalJson(hyperParameters)).slice(0, SHORT)}`;
  return `${key}${origin == null ? '' : originPart(origin)}`;
}

/** What a row's or a configuration's key ends in where it was imported. */
export function originPart({ file, checked }: ImportOrigin): string {
  return `^${file.slice(0, SHORT)}${checked ? '' : '!'}`;
}

/** Where a configuration comes from by its key; null where it was computed here. */
export function originOfConfiguration(configuration: string): ImportOrigin | null {
  const [, file, mark] = /@[0-9a-f]+\^([0-9a-f]+)(!?)$/.exec(configuration) ?? [];
  return file === undefined ? null : { file, checked: mark === '' };
}

/** The id of an imported trial: never that of one that is computed here, so that it stands in for none. */
export function importedTrialId(file: string, trial: string): string {
  return sha256(canonicalJson({ file, trial }));
}
