import { isConvolutional } from '../../engine/networks/specification.ts';
import { RESOURCES } from '../../datasets/resources.ts';
import { contest, chooseArrangements, fastest } from '../contest.ts';
import type { Contestant, Measured } from '../contest.ts';
import type { Bench, RowGroup } from '../context.ts';
import { median } from '../interval.ts';
import { OurPace } from '../our-pace.ts';
import { arrangementsFor, PYTORCH_FAMILIES, startTeam, STEP_LIBRARIES } from '../peers.ts';
import type { Team } from '../peers.ts';
import { PEERS, peerPython } from '../python.ts';
import type { PeerPython } from '../python.ts';
import { pairedRow } from '../record.ts';
import type { Pair, Row } from '../record.ts';
import { BATCH, NETWORKS, stepSuiteId } from '../suites.ts';
import type { BenchNetwork, OptimiserName } from '../suites.ts';
import { join } from 'node:path';
import { Unavailable } from '../context.ts';

interface StepCase {
  readonly network: BenchNetwork;
  readonly optimiser: OptimiserName;
  readonly seconds: number;
  readonly warmUp: number;
}

/** Enough seconds that a measurement holds hundreds of steps, or some tens of a convolutional network. */
const CASES: readonly StepCase[] = [
  { network: NETWORKS.wide, optimiser: 'sgd', seconds: 2, warmUp: 192 },
  { network: NETWORKS.wide, optimiser: 'adam', seconds: 2, warmUp: 192 },
  { network: NETWORKS.narrow, optimiser: 'sgd', seconds: 1.5, warmUp: 480 },
  { network: NETWORKS.narrow, optimiser: 'adam', seconds: 1.5, warmUp: 480 },
  { network: NETWORKS.wideOnNoise, optimiser: 'sgd', seconds: 2, warmUp: 192 },
  { network: NETWORKS.wideOnNoise, optimiser: 'adam', seconds: 2, warmUp: 192 },
  { network: NETWORKS.narrowOnNoise, optimiser: 'sgd', seconds: 1.5, warmUp: 480 },
  { network: NETWORKS.narrowOnNoise, optimiser: 'adam', seconds: 1.5, warmUp: 480 },
  { network: NETWORKS.convolutional, optimiser: 'sgd', seconds: 6, warmUp: 12 },
];
const PILOT_ROUNDS = 3;
const MNIST_IMAGES = join(RESOURCES, 'datasets', 'mnist', 'train-images-idx3-ubyte.gz');

/**
 * The names of a case's rows: against everyone, and against PyTorch. Dense networks on noise have rows of their own.
 */
function namesOf({ network, optimiser }: StepCase): { readonly all: string; readonly pytorch: string } {
  const kind = !isConvolutional(network.spec) && network.images === 'noise' ? 'step-on-noise' : 'step',
    name = `${network.id}-${optimiser}`;
  return { all: `${kind}/${name}`, pytorch: `${kind}-vs-pytorch/${name}` };
}

/**
 * Milliseconds of one training step with every core busy: our method `naive` in real trial workers, one for each core,
 * against PyTorch and JAX, each in its best arrangement on the same cores. A pilot finds the arrangements; then all
 * that remain take turns.
 */
export const stepRows: RowGroup = {
  names: CASES.flatMap((one) => Object.values(namesOf(one))),
  async measure(bench) {
    const wanted = CASES.filter((one) => Object.values(namesOf(one)).some(bench.wanted));
    if (wanted.length === 0) return;
    if (!bench.withPeers)
      throw new Unavailable("needs PyTorch and JAX: give --with-peers, which sets them up once in the user's cache");
    const python = await peerPython('peers', bench.say);
    const pace = new OurPace(bench.cores);
    try {
      for (const one of wanted) await measureCase(bench, one, pace, python);
    } finally {
      await pace.close();
    }
  },
};

async function measureCase(bench: Bench, one: StepCase, pace: OurPace, python: PeerPython): Promise<void> {
  const { all: name, pytorch: pytorchName } = namesOf(one);
  const ours: Contestant = {
    name: 'Touchstone',
    family: 'Touchstone',
    measure: () =>
      pace.measure({ suite: stepSuiteId(one.network, one.optimiser), warmUp: one.warmUp, seconds: one.seconds }),
  };
  const teams = await startPeers(bench, one, python);
  if (teams.length === 0) throw new Unavailable('no peer starts');
  try {
    const pilot = await contest(teams, PILOT_ROUNDS, (round) =>
      bench.say(`${name}: pilot ${round + 1} of ${PILOT_ROUNDS}`),
    );
    const chosen = chooseArrangements(pilot, [
      fastest(pilot.filter(({ family }) => PYTORCH_FAMILIES.includes(family))).family,
    ]);
    await Promise.all(teams.filter((team) => !chosen.includes(team.name)).map((team) => team.close()));
    const contestants = [ours, ...teams.filter((team) => chosen.includes(team.name))];
    const [own, ...others] = await contest(contestants, bench.pairs, (round) =>
      bench.say(`${name}: pair ${round + 1} of ${bench.pairs}`),
    );
    const details: Row['details'] = {
      cores: bench.cores,
      batch: BATCH,
      images: one.network.images,
      workers: `${bench.cores} trial workers of one thread`,
      versions: { ...(await pace.versions()), ...Object.assign({}, ...teams.map(({ versions }) => versions)) },
      contestants: Object.fromEntries(
        [own, ...others].map(({ name: who, values }) => [
          who,
          { median: median(values), examplesPerSecond: Math.round((1000 * BATCH) / median(values)), runs: [...values] },
        ]),
      ),
      pilot: Object.fromEntries(pilot.map(({ name: who, values }) => [who, [...values]])),
    };
    const peer = fastest(others);
    if (bench.wanted(name)) bench.done(pairedRow(name, 'ms/step', peer.name, pairs(own, peer), details));
    const pytorch = others.filter(({ family }) => PYTORCH_FAMILIES.includes(family));
    if (pytorch.length > 0)
      bench.done(
        pairedRow(pytorchName, 'ms/step', fastest(pytorch).name, pairs(own, fastest(pytorch)), { seeRow: name }),
      );
  } finally {
    await Promise.all(teams.map((team) => team.close()));
  }
}

const pairs = (ours: Measured, peer: Measured): Pair[] =>
  ours.values.map((value, run) => ({ ours: value, peer: peer.values[run] }));

/** Every library in every arrangement; one that does not start is named and left out. */
async function startPeers(
  bench: Bench,
  { network, optimiser, seconds }: StepCase,
  { python, env }: PeerPython,
): Promise<Team[]> {
  const teams: Team[] = [];
  for (const { family, library } of STEP_LIBRARIES) {
    for (const arrangement of arrangementsFor(bench.cores)) {
      bench.say(`${network.id}, ${optimiser}: starting ${family}, ${arrangement.processes} × ${arrangement.threads}`);
      try {
        teams.push(
          await startTeam({
            family,
            arrangement,
            seconds,
            program: python,
            env: () => env,
            args: (threads) => [
              join(PEERS, 'steps.py'),
              '--library',
              library,
              '--network',
              network.id,
              '--optimiser',
              optimiser,
              '--rows',
              String(network.rows),
              ...(network.images === 'mnist' ? ['--images', MNIST_IMAGES] : []),
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
