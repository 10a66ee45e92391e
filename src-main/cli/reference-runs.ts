import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '../base/files.ts';
import { openDatasetStore } from '../datasets/store.ts';
import { openEngines } from '../engine/engines.ts';
import { buildNetwork } from '../engine/networks/networks.ts';
import { stream } from '../engine/random/streams.ts';
import type { Artefact, HyperParameters, Method } from '../methods/contract.ts';
import { resolveHyperParameters } from '../methods/hyper-parameters.ts';
import { loadMethods } from '../methods/registry.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import type { Suite } from '../suites/contract.ts';
import { loadSuites } from '../suites/registry.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import {
  isCurrent,
  measuredPart,
  mergeRuns,
  parseReferenceRuns,
  readReferencePlan,
  referenceRun,
  runKey,
  writeReferenceRuns,
} from '../workbench/reference-runs.ts';
import type { ReferencePlan, ReferenceRun, ReferenceRunsFile } from '../workbench/reference-runs.ts';
import { runTrial } from '../trial/run-trial.ts';
import type { TrialResult } from '../trial/trial.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const USAGE =
  'usage: node src-main/cli/reference-runs.ts <plan.json> <folder> [--reclaim] [--collect <resources/reference-runs/x.json>]';

interface Registries {
  readonly suites: SuiteRegistry<Suite>;
  readonly methods: MethodRegistry<Method>;
}

/**
 * Runs every cell of a plan for its seeds, each trial once: several processes may share a plan, because a trial is claimed by making its
 * folder under `out`. Finished trials are `<out>/<name>/run.json`; a claimed trial without one is run again by a later start with
 * `--reclaim`. Trials that `committed` holds already, of the present version of the
 * method, are not run.
 */
async function runPlan(
  plan: ReferencePlan,
  out: string,
  committed: readonly ReferenceRun[],
  { suites, methods }: Registries,
): Promise<void> {
  const done = new Set(committed.filter((run) => isCurrent(run, methods)).map((run) => runKey(run, methods)));
  const run = await trialRunner(out, methods);
  for (const seed of new Set([...plan.seeds, ...plan.cells.flatMap((cell) => cell.seeds ?? [])])) {
    for (const cell of plan.cells) {
      if (!(cell.seeds ?? plan.seeds).includes(seed) || done.has(runKey({ ...cell, seed }, methods))) continue;
      const suite = suites.get(cell.suite),
        method = methods.get(cell.method);
      const name = `${cell.suite.replaceAll('/', '.')}_${cell.method}_${
        Object.entries(cell.hyperParameters)
          .map(([k, v]) => `${k}-${v}`)
          .join('_') || 'defaults'
      }_${seed}`;
      if (!claim(join(out, name))) continue;
      const { primitives, environment, cost } = await run(suite, method, cell.hyperParameters, seed);
      const measured: ReferenceRun = {
        suite: cell.suite,
        method: cell.method,
        hyperParameters: cell.hyperParameters,
        seed,
        suiteVersion: suite.version,
        methodVersion: method.version,
        ...measuredPart(primitives),
        seconds: Number(cost.seconds.toFixed(2)),
        backend: environment.backend,
        numerics: environment.numerics,
        versions: environment.versions,
        date: new Date().toISOString(),
      };
      writeFileAtomic(join(out, name, 'run.json'), [Buffer.from(JSON.stringify(measured))]);
      process.stdout.write(`${name} ${headline(measured)} ${measured.seconds} s\n`);
    }
  }
}

/** Runs single trials in this process. The networks that a trial asks for are trained first, and kept for the other trials of that suite and seed. */
async function trialRunner(
  out: string,
  methods: MethodRegistry<Method>,
): Promise<(suite: Suite, method: Method, given: HyperParameters, seed: number) => Promise<TrialResult>> {
  const store = openDatasetStore({ dataFolder: join(out, 'data') });
  const datasets = new Map<string, ReturnType<typeof store.open>>();
  const dataset = (id: string): ReturnType<typeof store.open> => {
    const known = datasets.get(id) ?? store.open(id);
    datasets.set(id, known);
    return known;
  };
  const engines = await openEngines('tensorflow-cpu');
  const made = { for: '', artefacts: new Map<string, Artefact>() };
  const run = async (suite: Suite, method: Method, given: HyperParameters, seed: number): Promise<TrialResult> => {
    const values = resolveHyperParameters(method, given);
    const named = new Map<string, Artefact>();
    for (const request of method.artefacts?.(suite.facts, values, seed) ?? []) {
      if (request.suite !== suite.id)
        throw new Error(
          `${method.id} asks for an artefact of another suite (${request.suite}), which reference runs cannot make.`,
        );
      if (made.for !== `${suite.id} ${seed}`)
        Object.assign(made, { for: `${suite.id} ${seed}`, artefacts: new Map<string, Artefact>() });
      const key = JSON.stringify([request.method, request.hyperParameters, request.seed]);
      const artefact =
        made.artefacts.get(key) ??
        (await run(suite, methods.get(request.method), request.hyperParameters, request.seed)).artefact;
      if (artefact === null) throw new Error(`${request.method} on ${suite.id} leaves no artefact for ${method.id}.`);
      made.artefacts.set(key, artefact);
      named.set(request.name, artefact);
    }
    const end = await runTrial(
      { id: `${suite.id} ${method.id} ${seed}`, suite, method, hyperParameters: values, seed },
      {
        engine: await engines.for(JSON.stringify([suite.id, method.id, values]), suite.network.kind),
        buildNetwork,
        stream,
        dataset,
        artefact: async (name) => {
          const artefact = named.get(name);
          if (artefact === undefined)
            throw new Error(`${method.id} opens the artefact "${name}" without having asked for it.`);
          return artefact;
        },
      },
    );
    if (end.state !== 'done') throw new Error(`${method.id} on ${suite.id}, seed ${seed}, ended ${end.state}.`);
    return end.result;
  };
  return run;
}

/** Makes a trial's folder; false when it is there already. */
function claim(folder: string): boolean {
  if (existsSync(folder)) return false;
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    // Another process may have been quicker.
    if (existsSync(folder)) return false;
    throw error;
  }
}

function headline(run: ReferenceRun): string {
  if ('values' in run)
    return Object.entries(run.values)
      .slice(0, 3)
      .map(([metric, value]) => `${metric} ${value}`)
      .join(', ');
  const last = run.accuracy[run.accuracy.length - 1];
  return (last.reduce((a, b) => a + b, 0) / last.length).toFixed(4);
}

/** Forgets claims that have no result, after a crash. Only when no process works on the plan. */
function reclaim(out: string): void {
  for (const name of readdirSync(out))
    if (name !== 'data' && !readdirSync(join(out, name)).includes('run.json'))
      rmSync(join(out, name), { recursive: true });
}

/** The finished trials under `out`, of whichever plan. */
function finishedRuns(out: string): ReferenceRun[] {
  return readdirSync(out)
    .filter((name) => name !== 'data')
    .map((name) => join(out, name, 'run.json'))
    .filter((file) => existsSync(file))
    .map((file) => referenceRun.parse(JSON.parse(readFileSync(file, 'utf8'))));
}

/** Merges finished trials into a committed file. Its head names the commands without this machine's paths. */
function collect(target: string, plan: string, out: string, methods: MethodRegistry): void {
  const committed = read(target);
  const within = (path: string): string => {
    const inside = relative(ROOT, resolve(path));
    return inside.startsWith('..') || isAbsolute(inside) ? basename(path) : inside;
  };
  const command = `node src-main/cli/reference-runs.ts ${within(plan)} <folder> --collect ${within(target)}`;
  const processor = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  const machine = `${processor}, ${os.availableParallelism()} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()}; tensorflow-cpu, ${process.env['TF_NUM_INTRAOP_THREADS'] ?? process.env['OMP_NUM_THREADS'] ?? 'all'} threads a process`;
  const runs = mergeRuns(committed?.runs ?? [], finishedRuns(out), methods);
  writeReferenceRuns(target, {
    command: joined(committed?.command, command),
    machine: joined(committed?.machine, machine),
    runs,
  });
  process.stdout.write(
    `${within(target)}: ${runs.length} runs, ${runs.length - (committed?.runs.length ?? 0)} more than before\n`,
  );
}

/** Appends what the list, parted by ` | `, does not hold yet. */
function joined(list: string | undefined, entry: string): string {
  return [...new Set([...(list === undefined ? [] : list.split(' | ')), entry])].join(' | ');
}

function read(file: string): ReferenceRunsFile | null {
  return existsSync(file) ? parseReferenceRuns(readFileSync(file, 'utf8'), file) : null;
}

async function main([planFile, out, ...options]: readonly string[]): Promise<void> {
  const at = options.indexOf('--collect');
  const target = at < 0 ? undefined : options[at + 1];
  const known = options.every(
    (option, i) => option === '--reclaim' || option === '--collect' || (at >= 0 && i === at + 1),
  );
  if (planFile === undefined || out === undefined || !known || (at >= 0 && target === undefined))
    throw new Error(USAGE);
  const plan = readReferencePlan(planFile);
  const registries = { suites: await loadSuites(), methods: await loadMethods() };
  mkdirSync(out, { recursive: true });
  if (options.includes('--reclaim')) reclaim(out);
  await runPlan(plan, out, target === undefined ? [] : (read(target)?.runs ?? []), registries);
  if (target !== undefined) collect(target, planFile, out, registries.methods);
}

await main(process.argv.slice(2));
