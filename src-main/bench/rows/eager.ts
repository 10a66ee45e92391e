import { contest } from '../contest.ts';
import { child, nativeThreads } from '../context.ts';
import type { RowGroup } from '../context.ts';
import { startTeam } from '../peers.ts';
import type { Team } from '../peers.ts';
import { pairedRow } from '../record.ts';
import { stepCaseArgument } from '../step-case.ts';
import type { StepCase } from '../step-case.ts';
import { BATCH, NETWORKS, OPTIMISERS } from '../suites.ts';
import type { BenchNetwork, OptimiserName } from '../suites.ts';

interface EagerCase {
  readonly name: string;
  readonly network: BenchNetwork;
  readonly optimiser: OptimiserName;
  readonly seconds: number;
}

/**
 * Dense networks with Adam and the convolutional one with gradient descent, as the suites train them; beside each the
 * other way.
 */
const CASES: readonly EagerCase[] = [
  { name: 'eager/mlp-784-400-400-10', network: NETWORKS.wide, optimiser: 'adam', seconds: 1 },
  { name: 'eager/mlp-784-400-400-10-sgd', network: NETWORKS.wide, optimiser: 'sgd', seconds: 1 },
  { name: 'eager/mlp-784-100-10', network: NETWORKS.narrow, optimiser: 'adam', seconds: 1 },
  { name: 'eager/mlp-784-100-10-sgd', network: NETWORKS.narrow, optimiser: 'sgd', seconds: 1 },
  { name: 'eager/cnn-32-32-64-64', network: NETWORKS.convolutional, optimiser: 'sgd', seconds: 1 },
  { name: 'eager/cnn-32-32-64-64-adam', network: NETWORKS.convolutional, optimiser: 'adam', seconds: 1 },
];

/**
 * Recorded steps against the same steps operation by operation in tfjs-node: one process and one thread each, in turn.
 */
export const eagerRows: RowGroup = {
  names: CASES.map(({ name }) => name),
  async measure(bench) {
    for (const { name, network, optimiser, seconds } of CASES.filter((one) => bench.wanted(one.name))) {
      const start = (way: StepCase['way']): Promise<Team> =>
        startTeam({
          family: way,
          arrangement: { processes: 1, threads: 1 },
          program: process.execPath,
          env: nativeThreads,
          seconds,
          args: () => [
            child('engine-steps'),
            stepCaseArgument({
              network: network.spec,
              optimiser: OPTIMISERS[optimiser],
              batch: BATCH,
              rows: network.rows,
              backend: 'tensorflow-cpu',
              way,
            }),
          ],
        });
      const teams: Team[] = [];
      try {
        teams.push(await start('repeated'), await start('eager'));
        const [ours, peer] = await contest(teams, bench.pairs, (round) =>
          bench.say(`${name}: pair ${round + 1} of ${bench.pairs}`),
        );
        bench.done(
          pairedRow(
            name,
            'ms/step',
            'tfjs-node eager',
            ours.values.map((value, run) => ({ ours: value, peer: peer.values[run] })),
            { threads: 1, versions: { ...teams[0].versions } },
          ),
        );
      } finally {
        await Promise.all(teams.map((team) => team.close()));
      }
    }
  },
};
