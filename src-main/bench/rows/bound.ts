import { join } from 'node:path';
import { contest, chooseArrangements, fastest } from '../contest.ts';
import type { Contestant } from '../contest.ts';
import { child, nativeThreads } from '../context.ts';
import type { Bench, RowGroup } from '../context.ts';
import { median } from '../interval.ts';
import { OurPace } from '../our-pace.ts';
import { arrangementsFor, startTeam } from '../peers.ts';
import type { Team } from '../peers.ts';
import { flopsOf, productsOf } from '../products.ts';
import { PEERS, peerPython } from '../python.ts';
import { pairedRow } from '../record.ts';
import { NETWORKS, stepSuiteId } from '../suites.ts';

const NAME = 'bound/mlp-784-400-400-10-sgd';
const SIZES = [784, 400, 400, 10];
const SECONDS = 1.5;
const PILOT_ROUNDS = 3;
const SQUARE = 1024;
const COPIED_BYTES = 64 * 1024 * 1024;

/**
 * A whole step of ours against the best that any library here does with the step's matrix products alone, under the
 * same load; and the machine's own rates. On noise, where no product can be shortened.
 */
export const boundRows: RowGroup = {
  names: [NAME],
  async measure(bench) {
    const flops = flopsOf(productsOf(SIZES));
    const gigaflops = (ms: number): number => Number((flops / ms / 1e6).toFixed(1));
    const pace = new OurPace(bench.cores);
    const ours: Contestant = {
      name: 'Touchstone',
      family: 'Touchstone',
      measure: () => pace.measure({ suite: stepSuiteId(NETWORKS.wideOnNoise, 'sgd'), warmUp: 192, seconds: SECONDS }),
    };
    const teams = await startLibraries(bench);
    try {
      const pilot = await contest(teams, PILOT_ROUNDS, (round) =>
        bench.say(`${NAME}: pilot ${round + 1} of ${PILOT_ROUNDS}`),
      );
      const chosen = chooseArrangements(pilot);
      await Promise.all(teams.filter((team) => !chosen.includes(team.name)).map((team) => team.close()));
      const [own, ...others] = await contest(
        [ours, ...teams.filter((team) => chosen.includes(team.name))],
        bench.pairs,
        (round) => bench.say(`${NAME}: pair ${round + 1} of ${bench.pairs}`),
      );
      const peer = fastest(others);
      bench.done(
        pairedRow(
          NAME,
          'ms/step',
          `${peer.name}, products alone`,
          own.values.map((value, run) => ({ ours: value, peer: peer.values[run] })),
          {
            megaflopsPerStep: flops / 1e6,
            oursGigaflops: gigaflops(median(own.values)),
            peerGigaflops: gigaflops(median(peer.values)),
            libraries: Object.fromEntries(
              [...pilot.filter(({ name }) => !chosen.includes(name)), ...others].map(({ name, values }) => [
                name,
                { gigaflops: gigaflops(median(values)), runs: [...values] },
              ]),
            ),
            machine: await machineRates(bench),
          },
        ),
      );
    } finally {
      await Promise.all(teams.map((team) => team.close()));
      await pace.close();
    }
  },
};

async function startLibraries(bench: Bench): Promise<Team[]> {
  const sizes = SIZES.join('-');
  const python = bench.withPeers ? await peerPython('peers', bench.say) : null;
  if (python === null) bench.say(`${NAME}: only TensorFlow is asked; --with-peers asks NumPy, PyTorch and JAX too.`);
  const teams: Team[] = [];
  for (const arrangement of arrangementsFor(bench.cores)) {
    teams.push(
      await startTeam({
        family: 'TensorFlow',
        arrangement,
        seconds: SECONDS,
        program: process.execPath,
        args: () => [child('products'), 'sizes', sizes],
        env: nativeThreads,
      }),
    );
    if (python === null) continue;
    for (const { family, library } of [
      { family: 'NumPy', library: 'numpy' },
      { family: 'PyTorch', library: 'torch' },
      { family: 'JAX', library: 'jax' },
    ]) {
      try {
        teams.push(
          await startTeam({
            family,
            arrangement,
            seconds: SECONDS,
            program: python.python,
            env: () => python.env,
            args: (threads) => [
              join(PEERS, 'multiplications.py'),
              '--library',
              library,
              '--sizes',
              sizes,
              '--threads',
              String(threads),
            ],
          }),
        );
      } catch (error) {
        bench.say(`${family} is left out: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return teams;
}

/**
 * All cores at once: products of large square matrices, and copies of arrays that no cache holds (each byte is read and
 * written).
 */
async function machineRates(bench: Bench): Promise<{ sgemmGigaflops: number; copyGigabytesPerSecond: number }> {
  const milliseconds = async (args: readonly string[]): Promise<number> => {
    const team = await startTeam({
      family: args[0],
      arrangement: { processes: bench.cores, threads: 1 },
      seconds: 1,
      program: process.execPath,
      args: () => [child('products'), ...args],
      env: nativeThreads,
    });
    try {
      const [{ values }] = await contest([team], 5);
      return median(values);
    } finally {
      await team.close();
    }
  };
  const square = await milliseconds(['square', String(SQUARE)]),
    copy = await milliseconds(['copy']);
  return {
    sgemmGigaflops: Number(((2 * SQUARE ** 3) / square / 1e6).toFixed(1)),
    copyGigabytesPerSecond: Number(((2 * COPIED_BYTES) / copy / 1e6).toFixed(2)),
  };
}
