import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { RESOURCES } from '../../datasets/resources.ts';
import { cacheRoot, surroundings } from '../../engine/provision/layout.ts';
import { ResultsStore } from '../../results/store.ts';
import { child, Unavailable } from '../context.ts';
import type { Bench, RowGroup } from '../context.ts';
import { median } from '../interval.ts';
import { PEERS, peerPython } from '../python.ts';
import type { PeerPython } from '../python.ts';
import { pairedRow } from '../record.ts';
import type { Pair } from '../record.ts';
import { RunJournal } from '../run-journal.ts';

const USUAL = 'study/split-mnist-avalanche',
  PARALLEL = 'study/split-mnist-avalanche-two-processes';

/**
 * Ours and Avalanche's names of the same four methods, with the same strengths; batches of memory are as large as new
 * ones in both.
 */
const METHODS = [
  { peer: 'naive', ours: 'naive', argument: 'naive' },
  { peer: 'ewc', ours: 'ewc', argument: 'ewc:lambda=1200' },
  { peer: 'si', ours: 'si', argument: 'si:c=600:xi=0.1' },
  { peer: 'replay', ours: 'er', argument: 'er:memory=1100:memoryBatch=128' },
] as const;

const methodRun = z.object({
  method: z.string(),
  seconds: z.number(),
  accuracy: z.number(),
  tasks: z.array(z.number()),
});
/** `processes` at once with `threads` each: seconds of this method then, or of all four of two seeds together. */
const journalEntry = z.object({
  key: z.string(),
  processes: z.number(),
  seed: z.number(),
  date: z.string(),
  loadAverage: z.number(),
  run: methodRun,
});
type JournalEntry = z.infer<typeof journalEntry>;

interface OurStudy {
  readonly secondsPerSeed: number;
  /** By method, one for each seed: mean accuracy over all tasks, and seconds of the trial on one of the cores. */
  readonly accuracies: Readonly<Record<string, readonly number[]>>;
  readonly seconds: Readonly<Record<string, readonly number[]>>;
  /** predicted / actual − 1 of the time left, at the start and at half of the trials, where it could be said. */
  readonly estimateErrors: Readonly<Record<string, number>>;
}

/**
 * A whole class-IL study on Split-MNIST by `touchstone run` against the same study in Avalanche, in seconds a seed of
 * all four methods. A pair is our whole study (every seed of it) and one seed of Avalanche's, another in each.
 * Avalanche's runs are kept as they come, and a later benchmark goes on.
 */
export const studyRows: RowGroup = {
  names: [USUAL, PARALLEL],
  async measure(bench) {
    if (!bench.withAvalanche)
      throw new Unavailable(
        "needs Avalanche: give --with-avalanche, which sets it up once in the user's cache; a seed takes it minutes",
      );
    // MNIST's published files ship with the program: neither side downloads.
    const peer = new Avalanche(bench, await peerPython('avalanche', bench.say), join(RESOURCES, 'datasets', 'mnist'));
    if (bench.wanted(USUAL)) await compare(bench, USUAL, 'Avalanche 0.6, one process', (seed) => peer.inTurn(seed));
    if (bench.wanted(PARALLEL))
      await compare(bench, PARALLEL, `Avalanche 0.6, ${bench.cores} processes at once`, (seed) => peer.atOnce(seed));
  },
};

interface PeerSeed {
  readonly seconds: number;
  readonly runs: readonly z.infer<typeof methodRun>[];
}

async function compare(
  bench: Bench,
  name: string,
  peerName: string,
  peer: (seed: number) => Promise<PeerSeed>,
): Promise<void> {
  const runs: Pair[] = [];
  const theirs: PeerSeed[] = [];
  let ours: OurStudy | null = null;
  for (let seed = 0; seed < bench.pairs; seed++) {
    bench.say(`${name}: our study of ${bench.seeds} seeds, ${seed + 1} of ${bench.pairs}`);
    ours = await ourStudy(bench.seeds);
    bench.say(`${name}: ${peerName}, seed ${seed}`);
    const one = await peer(seed);
    theirs.push(one);
    runs.push({ ours: ours.secondsPerSeed, peer: one.seconds });
    // After every pair: what is measured so far is a row already.
    bench.done(
      pairedRow(name, 's/seed', peerName, runs, {
        seeds: bench.seeds,
        pairsSoFar: runs.length,
        ourWholeStudySeconds: runs.map((pair) => pair.ours * bench.seeds),
        estimateErrors: { ...ours.estimateErrors },
        accuracy: Object.fromEntries(
          METHODS.map((method) => [
            method.peer,
            {
              ours: [...(ours?.accuracies[method.ours] ?? [])],
              ourSeconds: median(ours?.seconds[method.ours] ?? []),
              peer: theirs.flatMap((seedOf) =>
                seedOf.runs.filter((run) => run.method === method.peer).map((run) => run.accuracy),
              ),
              peerSeconds: median(
                theirs.flatMap((seedOf) =>
                  seedOf.runs.filter((run) => run.method === method.peer).map((run) => run.seconds),
                ),
              ),
            },
          ]),
        ),
      }),
    );
  }
}

/** `touchstone run` in a process of its own, from its start to its end, over a fresh data folder. */
async function ourStudy(seeds: number): Promise<OurStudy> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-study-'));
  try {
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      const run = spawn(
        process.execPath,
        [child('study'), `0-${seeds - 1}`, ...METHODS.map(({ argument }) => argument)],
        { env: { ...process.env, TOUCHSTONE_DATA: folder }, stdio: ['ignore', 'ignore', 'pipe'] },
      );
      let text = '';
      run.stderr.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(-2000);
      });
      run.on('error', reject);
      run.on('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`our study ended with exit code ${code ?? 'none'}: ${text.trim()}`));
      });
    });
    const secondsPerSeed = (performance.now() - started) / 1000 / seeds;
    const store = ResultsStore.open(folder);
    const trials = store.studies().flatMap(({ id }) => store.studyTrials(id).map(({ trial }) => trial));
    const estimateErrors = Object.fromEntries(
      store
        .studies()
        .flatMap(({ id }) => store.forecasts(id))
        .flatMap(({ mark, predicted, actual }) =>
          actual === null || actual <= 0 ? [] : [[mark, predicted / actual - 1]],
        ),
    );
    store.close();
    // The headline of a continual trial is its mean accuracy over all tasks at the end, as Avalanche's line has it.
    const accuracies = Object.fromEntries(
      METHODS.map(({ ours }) => [
        ours,
        trials.filter(({ method }) => method === ours).flatMap(({ headline }) => (headline === null ? [] : [headline])),
      ]),
    );
    const seconds = Object.fromEntries(
      METHODS.map(({ ours }) => [
        ours,
        trials
          .filter(({ method }) => method === ours)
          .flatMap((trial) => (trial.seconds === null ? [] : [trial.seconds])),
      ]),
    );
    return { secondsPerSeed, accuracies, seconds, estimateErrors };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

class Avalanche {
  readonly #bench: Bench;
  readonly #python: PeerPython;
  readonly #images: string;
  readonly #root: string;
  readonly #journal: RunJournal<JournalEntry>;
  readonly #key: string;

  constructor(bench: Bench, python: PeerPython, images: string) {
    this.#bench = bench;
    this.#python = python;
    this.#images = images;
    const cache = cacheRoot(surroundings());
    this.#root = join(cache, 'bench-mnist');
    this.#journal = new RunJournal(join(cache, 'bench-runs', 'avalanche.jsonl'), journalEntry);
    // Runs of another machine, script or version are not this one's.
    const texts = ['avalanche_study.py', 'requirements.txt', 'requirements-avalanche.txt'].map((name) =>
      readFileSync(join(PEERS, name), 'utf8'),
    );
    this.#key = createHash('sha256')
      .update(JSON.stringify([os.cpus()[0]?.model, bench.cores, ...texts]))
      .digest('hex')
      .slice(0, 16);
  }

  /** The four methods of a seed in one process that uses every core, as users run it. */
  async inTurn(seed: number): Promise<PeerSeed> {
    await this.#run(1, seed, this.#missing(1, seed));
    const runs = this.#known(1, seed);
    return { seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0), runs };
  }

  /** A process of one thread for every core, each with a seed of its own: seconds a seed when all are busy. */
  async atOnce(seed: number): Promise<PeerSeed> {
    const processes = this.#bench.cores;
    const seeds = Array.from({ length: processes }, (_, index) => seed * processes + index);
    // What ran without the others at its side was faster than it should be: all or none.
    if (seeds.some((one) => this.#missing(processes, one).length > 0))
      await Promise.all(
        seeds.map((one) =>
          this.#run(
            processes,
            one,
            METHODS.map(({ peer }) => peer),
          ),
        ),
      );
    const runs = seeds.map((one) => this.#known(processes, one));
    const slowest = Math.max(...runs.map((own) => own.reduce((sum, { seconds }) => sum + seconds, 0)));
    return { seconds: slowest / processes, runs: runs.flat() };
  }

  #known(processes: number, seed: number): JournalEntry['run'][] {
    const entries = this.#journal
      .all()
      .filter((entry) => entry.key === this.#key && entry.processes === processes && entry.seed === seed);
    // The newest of each method.
    return METHODS.flatMap(({ peer }) =>
      entries
        .filter(({ run }) => run.method === peer)
        .slice(-1)
        .map(({ run }) => run),
    );
  }

  #missing(processes: number, seed: number): string[] {
    const known = this.#known(processes, seed).map(({ method }) => method);
    return METHODS.map(({ peer }) => peer).filter((method) => !known.includes(method));
  }

  async #run(processes: number, seed: number, methods: readonly string[]): Promise<void> {
    if (methods.length === 0) return;
    const threads = processes === 1 ? this.#bench.cores : 1;
    const args = [
      join(PEERS, 'avalanche_study.py'),
      '--images',
      this.#images,
      '--root',
      this.#root,
      '--methods',
      methods.join(','),
      '--seed',
      String(seed),
      '--threads',
      String(threads),
    ];
    const run = spawn(this.#python.python, args, { env: this.#python.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    run.stderr.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-2000);
    });
    const ended = new Promise<number | null>((resolve) => {
      run
        .on('error', (error) => {
          text += error.message;
          resolve(null);
        })
        .on('exit', resolve);
    });
    for await (const line of createInterface({ input: run.stdout })) {
      if (!line.startsWith('{')) continue;
      const measured = methodRun.parse(JSON.parse(line));
      this.#bench.say(
        `Avalanche, seed ${seed}: ${measured.method} took ${measured.seconds.toFixed(0)} s, accuracy ` +
          `${measured.accuracy.toFixed(4)}`,
      );
      this.#journal.add({
        key: this.#key,
        processes,
        seed,
        date: new Date().toISOString(),
        loadAverage: os.loadavg()[0] ?? 0,
        run: measured,
      });
    }
    const code = await ended;
    if (code !== 0)
      throw new Error(
        `Avalanche ended with exit code ${code ?? 'none'}: ${text.trim().split('\n').slice(-3).join(' / ')}`,
      );
  }
}
