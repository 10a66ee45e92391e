import { touchstoneCommand } from '../base/command-line.ts';
import { NATIVE } from '../engine/types.ts';
import { methodText } from './method-text.ts';

type Values = Readonly<Record<string, number | string | boolean>>;
type Tuning =
  | { readonly kind: 'random'; readonly candidates: number }
  | { readonly kind: 'grid'; readonly fields: readonly string[] };

/**
 * Commands that give results again, on any machine with the same data. Every name in them is quoted where a shell would
 * read it.
 */

/** The command that gives one trial again; of a suite with folds, with the others of its seed. */
export function trialCommand(trial: {
  readonly suite: string;
  readonly method: string;
  readonly hyperParameters: Values;
  readonly seed: number;
  readonly backend: string;
}): string {
  const { suite, method, hyperParameters, seed, backend } = trial;
  const where = backend === NATIVE ? 'auto' : backend;
  return runCommand([suite], [{ method, hyperParameters }], String(seed), where, false);
}

/** The command that asks for a whole study again. */
export function studyCommand(
  request: {
    readonly suites: readonly string[];
    readonly methods: readonly { readonly method: string; readonly hyperParameters: Values }[];
    readonly seeds: readonly number[];
    readonly references: boolean;
    readonly tuning?: Tuning | undefined;
  },
  backend: string,
): string {
  const { suites, methods, seeds, references, tuning } = request;
  const tune = tuning === undefined ? [] : ['--tune', tuningText(tuning)];
  return runCommand(suites, methods, seeds.join(','), backend, references, tune);
}

const tuningText = (tuning: Tuning): string =>
  tuning.kind === 'random'
    ? `random:${tuning.candidates}`
    : tuning.fields.length === 0
      ? 'grid'
      : `grid:${tuning.fields.join(',')}`;

function runCommand(
  suites: readonly string[],
  methods: readonly { readonly method: string; readonly hyperParameters: Values }[],
  seeds: string,
  backend: string,
  references: boolean,
  more: readonly string[] = [],
): string {
  return touchstoneCommand(
    ...['run', ...suites],
    ...['--methods', ...methods.map(({ method, hyperParameters }) => methodText(method, hyperParameters))],
    ...['--seeds', seeds, '--backend', backend],
    ...(references ? [] : ['--no-references']),
    ...more,
  );
}
