import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openDatasetStore } from '../datasets/store.ts';
import { openEngine } from '../engine/engine.ts';
import { buildNetwork } from '../engine/networks.ts';
import { stream } from '../engine/streams.ts';
import { loadMethods } from '../methods/registry.ts';
import { loadSuites } from '../suites/registry.ts';
import type { ReferenceRun } from '../workbench/reference-runs.ts';
import { runTrial } from '../worker/run-trial.ts';

const planSchema = z.object({
  seeds: z.array(z.number().int().min(0)),
  cells: z.array(z.object({ suite: z.string(), method: z.string(), hyperParameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}) })),
});

/**
 * Runs every cell of a plan for its seeds, each trial once: several processes may share a plan, because a trial is claimed by making its
 * folder under `out`. Finished trials are `<out>/<name>/run.json`; a claimed trial without one is run again by a later start with
 * `--reclaim`.
 */
async function main(planFile: string, out: string): Promise<void> {
  const plan = planSchema.parse(JSON.parse(readFileSync(planFile, 'utf8')));
  const suites = await loadSuites(), methods = await loadMethods();
  const store = openDatasetStore({ dataFolder: join(out, 'data') });
  const datasets = new Map<string, ReturnType<typeof store.open>>();
  const dataset = (id: string): ReturnType<typeof store.open> => {
    const known = datasets.get(id) ?? store.open(id);
    datasets.set(id, known);
    return known;
  };
  const engine = await openEngine('tensorflow-cpu');
  for (const seed of plan.seeds) {
    for (const { suite: suiteId, method: methodId, hyperParameters } of plan.cells) {
      const suite = suites.get(suiteId), method = methods.get(methodId);
      const name = `${suiteId.replace('/', '.')}_${methodId}_${Object.entries(hyperParameters).map(([k, v]) => `${k}-${v}`).join('_') || 'defaults'}_${seed}`;
      try {
        mkdirSync(join(out, name));
      } catch {
        continue;
      }
      const started = performance.now();
      const end = await runTrial({ id: name, suite, method, hyperParameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).parse(method.schema.parse(hyperParameters)), seed }, { engine, buildNetwork, stream, dataset, workers: 2 });
      if (end.state !== 'done') throw new Error(`${name} ended ${end.state}`);
      const { primitives, environment } = end.result;
      const run: ReferenceRun = {
        suite: suiteId, method: methodId, hyperParameters, seed, accuracy: primitives.matrices['accuracy'].map((row) => row.map((value) => Number(value.toFixed(6)))),
        initial: primitives.matrices['accuracy.init']?.[0]?.map((value) => Number(value.toFixed(6))) ?? null, seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
        backend: environment.backend, numerics: environment.numerics, versions: environment.versions, date: new Date().toISOString(),
      };
      const last = run.accuracy[run.accuracy.length - 1];
      writeFileSync(join(out, name, 'part'), JSON.stringify(run));
      renameSync(join(out, name, 'part'), join(out, name, 'run.json'));
      process.stdout.write(`${name} ${(last.reduce((a, b) => a + b, 0) / last.length).toFixed(4)} ${run.seconds} s\n`);
    }
  }
}

/** Forgets claims that have no result, after a crash. Only when no process works on the plan. */
function reclaim(out: string): void {
  for (const name of readdirSync(out)) if (name !== 'data' && !readdirSync(join(out, name)).includes('run.json')) rmSync(join(out, name), { recursive: true });
}

const [plan, out, option] = process.argv.slice(2);
if (plan === undefined || out === undefined) throw new Error('usage: reference-runs.ts <plan.json> <folder> [--reclaim]');
mkdirSync(out, { recursive: true });
if (option === '--reclaim') reclaim(out);
await main(plan, out);
