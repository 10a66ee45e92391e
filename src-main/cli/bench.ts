import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname } from 'node:path';
import { openEngine } from '../engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../engine/losses.ts';
import { buildNetwork } from '../engine/networks.ts';
import { makeOptimiser } from '../engine/optimisers.ts';
import { stream } from '../engine/streams.ts';
import { tf } from '../engine/tf.ts';
import type { Engine, NetworkSpec, OptimiserSpec } from '../engine/types.ts';

const ROWS = 4096, BATCH = 128;

interface Case { readonly name: string; readonly network: NetworkSpec; readonly optimiser: OptimiserSpec; readonly steps: number }

const mlp = (hidden: readonly number[]): NetworkSpec => ({ kind: 'mlp', input: 784, hidden, outputs: 10, init: 'torch-default' });
const CASES: readonly Case[] = [
  { name: 'eager/mlp-784-400-400-10', network: mlp([400, 400]), optimiser: { kind: 'sgd', lr: 0.01 }, steps: 32 },
  { name: 'eager/mlp-784-400-400-10-adam', network: mlp([400, 400]), optimiser: { kind: 'adam', lr: 1e-3 }, steps: 32 },
  { name: 'eager/mlp-784-100-10', network: mlp([100]), optimiser: { kind: 'sgd', lr: 0.01 }, steps: 64 },
  { name: 'eager/cnn-32-32-64-64', network: { kind: 'cnn', input: [32, 32, 3], conv: [32, 32, 64, 64], dense: 256, outputs: 10, init: 'he-normal' }, optimiser: { kind: 'sgd', lr: 0.01 }, steps: 2 },
];

/** A training step of the case with resident data, and how to run it `steps` times; answers milliseconds per step. */
function timer(engine: Engine, { network: spec, optimiser: optimiserSpec, steps }: Case): () => Promise<number> {
  const network = buildNetwork(spec);
  const width = spec.kind === 'mlp' ? spec.input : spec.input.reduce((a, b) => a * b, 1);
  const rows = spec.kind === 'cnn' ? 1024 : ROWS;
  const random = stream(1, 'bench');
  const x = new Float32Array(rows * width);
  random.fillUniform(x, 0, 1);
  const data = engine.variable('x', { shape: [rows, width], dtype: 'float32' }, x), labels = engine.variable('y', { shape: [rows], dtype: 'int32' }, Int32Array.from({ length: rows }, () => random.integer(10)));
  const initial = network.init(stream(1, 'init')).params;
  const variables = Object.fromEntries(network.params.map(({ name, shape }) => [name, engine.variable(name, { shape, dtype: 'float32' }, initial[name])]));
  const optimiser = makeOptimiser({ variable: (name, tensor, first) => engine.variable(name, tensor, first()) }, optimiserSpec, variables);
  const step = engine.compileStep({
    name: 'bench/train', inputs: { rows: { shape: [BATCH], dtype: 'int32' } },
    body: (inputs, scope) => {
      const images = scope.gather(data, inputs.rows), targets = scope.gather(labels, inputs.rows);
      const { value, gradients } = valueAndGradients((params) => softmaxCrossEntropy(network.apply({ params, state: {} }, images, { mode: 'train' }).logits, targets), Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, scope.read(v)])));
      optimiser.update(scope, gradients, tf.scalar(optimiserSpec.lr));
      return { loss: value };
    },
  });
  let turn = 0;
  return async () => {
    const feeds = Array.from({ length: steps }, () => ({ rows: stream(turn++, 'rows').sample(rows, BATCH) }));
    const started = performance.now();
    await step.run(feeds);
    return (performance.now() - started) / steps;
  };
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const median = (values: readonly number[]): number => {
  const order = sorted(values), middle = order.length / 2;
  return order.length % 2 === 1 ? order[Math.floor(middle)] : (order[middle - 1] + order[middle]) / 2;
};

/** Distribution-free 95 % interval of the median: order statistics j and n+1−j of the binomial(n, ½). */
function medianInterval(values: readonly number[]): { low: number; high: number } {
  const order = sorted(values), n = order.length;
  let below = 0, probability = 0.5 ** n;
  for (let cumulative = probability; cumulative <= 0.025 && below < n / 2; ) {
    below++;
    probability *= (n - below + 1) / below;
    cumulative += probability;
  }
  return { low: order[Math.max(0, below - 1)], high: order[Math.min(n - 1, n - below)] };
}

/** Compiled steps against tfjs-node's eager execution on the same threads: interleaved pairs, medians, and the raw runs. */
async function main(pairs: number, out: string): Promise<void> {
  const rows = [];
  for (const one of CASES) {
    const compiled = await openEngine('tensorflow-cpu'), eager = await openEngine('tensorflow-cpu', { eager: true });
    const ours = timer(compiled, one), peer = timer(eager, one);
    await ours();
    await peer();
    const runs: { ours: number; peer: number }[] = [];
    const count = one.network.kind === 'cnn' ? Math.max(5, Math.floor(pairs / 3)) : pairs;
    for (let pair = 0; pair < count; pair++) {
      process.stderr.write(`\r${one.name} ${pair + 1}/${count} `);
      const first = pair % 2 === 0;
      const a = first ? await ours() : await peer(), b = first ? await peer() : await ours();
      runs.push(first ? { ours: a, peer: b } : { ours: b, peer: a });
    }
    const ratios = runs.map((run) => run.ours / run.peer);
    rows.push({ name: one.name, ours: median(runs.map((r) => r.ours)), peer: median(runs.map((r) => r.peer)), peerName: 'tfjs-node eager', ratio: median(ratios), ...medianInterval(ratios), unit: 'ms/step', runs });
    compiled.dispose();
    eager.dispose();
  }
  process.stderr.write('\n');
  const machine = { cpu: os.cpus()[0]?.model ?? 'unknown', cores: os.cpus().length, memoryBytes: os.totalmem(), platform: `${process.platform} ${os.release()}`, node: process.version, threads: 1, loadAverage: os.loadavg()[0], date: new Date().toISOString(), command: 'npm run bench' };
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify({ machine, rows }, null, 1)}\n`);
  for (const row of rows) process.stdout.write(`${row.name.padEnd(34)} ours ${row.ours.toFixed(2).padStart(8)} ms  ${row.peerName} ${row.peer.toFixed(2).padStart(8)} ms  ratio ${row.ratio.toFixed(3)} [${row.low.toFixed(3)}, ${row.high.toFixed(3)}]\n`);
  process.stdout.write(`written to ${out}\n`);
}

// read by the native libraries when the first engine opens
for (const name of ['OMP_NUM_THREADS', 'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS']) process.env[name] = '1';
const [pairs = '15', out = 'resources/bench/latest.json'] = process.argv.slice(2);
await main(Number(pairs), out);
