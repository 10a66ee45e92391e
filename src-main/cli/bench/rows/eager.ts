import { contest } from '../contest.ts';
import { child, nativeThreads } from '../context.ts';
import type { RowGroup } from '../context.ts';
import { startTeam } from '../peers.ts';
import type { Team } from '../peers.ts';
import { pairedRow } from '../record.ts';
import { NETWORKS } from '../suites.ts';
import type { BenchNetwork, OptimiserName } from '../suites.ts';

interface EagerCase { readonly name: string; readonly network: BenchNetwork; readonly optimiser: OptimiserName; readonly seconds: number }

const CASES: readonly EagerCase[] = [
  { name: 'eager/mlp-784-400-400-10', network: NETWORKS.wide, optimiser: 'sgd', seconds: 1 },
  { name: 'eager/mlp-784-400-400-10-adam', network: NETWORKS.wide, optimiser: 'adam', seconds: 1 },
  { name: 'eager/mlp-784-100-10', network: NETWORKS.narrow, optimiser: 'sgd', seconds: 1 },
  { name: 'eager/cnn-32-32-64-64', network: NETWORKS.convolutional, optimiser: 'sgd', seconds: 1 },
];

/** Recorded steps against the same steps operation by operation in tfjs-node: one process and one thread each, in turn. */
export const eagerRows: RowGroup = {
  names: CASES.map(({ name }) => name),
  async measure(bench) {
    for (const { name, network, optimiser, seconds } of CASES.filter((one) => bench.wanted(one.name))) {
      const start = (way: 'compiled' | 'eager'): Promise<Team> =>
        startTeam({ family: way, arrangement: { processes: 1, threads: 1 }, program: process.execPath, args: () => [child('engine-steps'), network.id, optimiser, way], env: nativeThreads, seconds });
      const teams: Team[] = [];
      try {
        teams.push(await start('compiled'), await start('eager'));
        const [ours, peer] = await contest(teams, bench.pairs, (round) => bench.say(`${name}: pair ${round + 1} of ${bench.pairs}`));
        bench.done(pairedRow(name, 'ms/step', 'tfjs-node eager', ours.values.map((value, run) => ({ ours: value, peer: peer.values[run] })), { threads: 1, versions: { ...teams[0].versions } }));
      } finally {
        await Promise.all(teams.map((team) => team.close()));
      }
    }
  },
};
