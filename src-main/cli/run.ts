import type { StudyRequest, StudySummary, WorkbenchClient } from '../workbench/contract/contract.ts';
import { nameTrouble, WorkbenchError } from '../workbench/contract/contract.ts';
import { parseMethods, seedsArgument } from './arguments.ts';
import { collectionsHere, expanded } from './collections.ts';
import { askedConfigurations } from './configurations.ts';
import { EXIT } from './exit-codes.ts';
import { follow, Interrupts } from './follow.ts';
import type { Shell } from './shell.ts';
import { studyLine } from './text.ts';

export interface RunOptions {
  readonly methods?: readonly string[];
  readonly seeds: string;
  readonly backend: StudyRequest['backend'];
  readonly name?: string;
  readonly references: boolean;
  /** `random:20`, `grid` or `grid:lambda`. */
  readonly tune?: string;
  readonly json: boolean;
  readonly quick: boolean;
  readonly detach: boolean;
}

/** `touchstone run`: asks for a study, shows it until it ends, prints its leaderboard. */
export async function runStudy(shell: Shell, suites: readonly string[], options: RunOptions): Promise<number> {
  // From the very start: a Ctrl-C while the study is being made must pause it too, not leave it running.
  const interrupts = new Interrupts();
  return shell.withWorkbench(
    async (client, opened) => {
      const study = options.quick
        ? await client.call('study.quick', {})
        : await createStudy(client, suites, options, shell);
      if (!options.json) shell.err(`Study ${study.id.slice(0, 8)} "${study.name}": ${studyLine(study)}`);
      if (options.detach) {
        if (opened.how === 'in-process')
          throw new WorkbenchError({
            kind: 'refused',
            message: 'Nothing else holds the data folder, so nothing would run after this command.',
            remedy: 'Leave out --detach, or start `touchstone serve` first.',
            details: null,
          });
        shell.out(options.json ? JSON.stringify(study) : study.id);
        return EXIT.ok;
      }
      return follow(shell, client, opened, study, { json: options.json, says: options.tune !== undefined }, interrupts);
    },
    { again: false },
  );
}

async function createStudy(
  client: WorkbenchClient,
  names: readonly string[],
  given: RunOptions,
  shell: Shell,
): Promise<StudySummary> {
  const { suites, options } = await withCollections(client, names, given, shell);
  const asked = parseMethods(options.methods ?? []);
  if (suites.length === 0 || asked.length === 0) {
    throw new WorkbenchError({
      kind: 'invalid-input',
      message: 'Name at least one suite and, with --methods, at least one method.',
      remedy: 'See `touchstone suites` and `touchstone methods`; `touchstone run --quick` runs a first study.',
      details: null,
    });
  }
  const methods = await askedConfigurations(client, options.methods ?? []);
  if (methods.length > asked.length) shell.err(`${methods.length} configurations of ${asked.length} methods.`);
  const request = {
    name:
      options.name ??
      nameOf(
        asked.map(({ method }) => method),
        suites,
      ),
    suites: [...suites],
    methods,
    seeds: seedsArgument(options.seeds),
    backend: options.backend,
    references: options.references,
    ...(options.tune === undefined ? {} : { tuning: tuningArgument(options.tune) }),
  };
  // Both at once: what creating opens need not wait for what the plan has to say.
  const [plan, study] = await Promise.all([
    options.json ? null : client.call('study.plan', request),
    client.call('study.create', request),
  ]);
  for (const { suite, method, reason } of plan?.refused ?? []) shell.err(`Left out: ${method} on ${suite}. ${reason}`);
  for (const warning of plan?.warnings ?? []) shell.err(`Note: ${warning}`);
  return study;
}

/** The suites of the collections that are named, and the methods that run beside those that are asked for. */
async function withCollections(
  client: WorkbenchClient,
  names: readonly string[],
  options: RunOptions,
  shell: Shell,
): Promise<{ readonly suites: readonly string[]; readonly options: RunOptions }> {
  const { collections } = collectionsHere();
  if (!names.some((name) => collections.has(name))) return { suites: names, options };
  const here = new Set((await client.call('catalogue.suites', {})).map(({ id }) => id));
  const { suites, references, missing } = expanded(names, collections, (suite) => here.has(suite));
  if (missing.length > 0)
    shell.err(`Not here, and left out: ${missing.join(', ')}. \`touchstone data import\` gets them.`);
  const named = new Set(parseMethods(options.methods ?? []).map(({ method }) => method));
  const beside = options.references ? references.filter((method) => !named.has(method)) : [];
  // The two ends of the collection's score take the place of every suite's own.
  return { suites, options: { ...options, methods: [...(options.methods ?? []), ...beside], references: false } };
}

type Tuning = { kind: 'random'; candidates: number } | { kind: 'grid'; fields: string[] };

/** `random:20`, `grid`, or `grid:lambda,density` with the fields that are chosen. Throws WorkbenchError. */
export function tuningArgument(text: string): Tuning {
  const candidates = Number(/^random:(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (candidates >= 2 && candidates <= 1000) return { kind: 'random', candidates };
  const fields = /^grid(?::(.+))?$/.exec(text);
  if (fields !== null) return { kind: 'grid', fields: (fields[1] ?? '').split(',').filter((field) => field !== '') };
  throw new WorkbenchError({
    kind: 'invalid-input',
    message:
      `--tune ${text}: write random: and how many settings to try, 2 to 1000; or grid to choose among the values ` +
      'that --methods names.',
    remedy: "For example: --tune random:20, or -m 'task-arithmetic:lambda=0..1 linear 21' --tune grid:lambda",
    details: null,
  });
}

/** A study's name by what it runs; where all of it would be too long, by how much it runs. */
function nameOf(methods: readonly string[], suites: readonly string[]): string {
  const full = `${methods.join(', ')} on ${suites.join(', ')}`;
  if (nameTrouble(full) === null) return full;
  const several = (names: readonly string[], what: string): string =>
    names.length === 1 ? `1 ${what}` : `${names.length} ${what}s`;
  return `${several(methods, 'method')} on ${several(suites, 'suite')}`;
}
