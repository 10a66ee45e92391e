import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { formatInteger } from '../../metrics/format.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from './shared/iid-suite.ts';

/** From a network of `iid-mlp` (and its quick variant) to a few rows of other data of the same form. */
const TRANSFERS = [
  {
    from: 'digits-generated',
    to: 'mnist',
    title: 'From generated digits to MNIST',
    hidden: [200, 200],
    quick: { hidden: [50] },
  },
  { from: 'mnist', to: 'fashion-mnist', title: 'From MNIST to Fashion-MNIST', hidden: [200, 200, 200] },
  { from: 'mnist', to: 'kmnist', title: 'From MNIST to KMNIST', hidden: [200, 200, 200] },
] as const;

const common = {
  version: 1,
  family: 'training',
  scenario: 'transfer',
  scaling: 'none',
  validationShare: 0.1,
  batchSize: 50,
  optimiser: { kind: 'adam', lr: 1e-3 },
  references: { lower: 'linear-probe', upper: 'adam' },
} as const;

/** Every trial begins from one network that was trained on other data: what is learnt from few rows then. */
export const suites: readonly Suite[] = TRANSFERS.flatMap(({ from, to, title, hidden, ...more }) => {
  const suite = (name: string, units: readonly number[], rows: number, epochs: number) => ({
    ...common,
    dataset: to,
    limit: { train: rows, test: name === '' ? 10_000 : 1000 },
    epochs,
    network: mlp({ input: 784, hidden: units, outputs: 10, init: 'torch-default' }),
    start: { suite: `iid-mlp${name}/${from}`, method: 'train-network', hyperParameters: {}, seed: 0 },
    summary:
      `${formatInteger(rows)} rows of ${to}; MLP ${units.join('-')} as it was trained by iid-mlp${name}/${from}, ` +
      `${epochs} epochs, batch 50, Adam 1e-3.`,
  });
  const id = `transfer/${from}-to-${to}`;
  const full = iidSuite({ ...suite('', hidden, 1000, 40), id, title });
  const quick = 'quick' in more ? more.quick.hidden : [50];
  return [
    full,
    iidSuite({
      ...suite('-quick', quick, 500, 20),
      id: `transfer-quick/${from}-to-${to}`,
      title: `${title}, quick`,
      quickOf: id,
    }),
  ];
});
export default suites;
