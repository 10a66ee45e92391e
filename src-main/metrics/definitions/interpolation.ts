import { accuracyBarrier, lossBarrier, valueAt } from '../interpolation.ts';
import type { Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';

type Points = readonly (readonly [number, number])[];
const curveOf = (p: Summary, name: string, use: (points: Points) => number | null): number | null => {
  const curve = p.curves.find((candidate) => candidate.name === name && candidate.x === 'lambda');
  return curve === undefined ? null : use(curve.points);
};

function interpolationMetrics(split: string, suffix: string): Metric[] {
  // Test is the default and has short ids; train carries its name.
  const tail = split === 'test' ? '' : `.${split}`;
  return [
    {
      id: `barrier.loss.frankle20${tail}`,
      title: `Loss barrier${suffix}`,
      formula: 'max_λ L(θ_λ) − ((1−λ)L(θ_A) + λL(θ_B))',
      source: 'Frankle et al. 2020, Linear Mode Connectivity; linear baseline as in Entezari et al. 2022, eq. 1',
      direction: 'lower',
      unit: 'nats',
      compute: (p) => curveOf(p, `interpolation.loss.${split}`, lossBarrier),
    },
    {
      id: `barrier.accuracy.frankle20${tail}`,
      title: `Accuracy barrier${suffix}`,
      formula: 'max_λ ((1−λ)A(θ_A) + λA(θ_B)) − A(θ_λ)',
      source: 'Frankle et al. 2020, Linear Mode Connectivity; linear baseline as in Entezari et al. 2022, eq. 1',
      direction: 'lower',
      unit: 'share',
      compute: (p) => curveOf(p, `interpolation.accuracy.${split}`, accuracyBarrier),
    },
    {
      id: `acc.midpoint${tail}`,
      title: `Midpoint accuracy${suffix}`,
      formula: 'A(θ_½), θ_λ = (1−λ)θ_A + λθ_B',
      source: 'Jordan et al. 2023, REPAIR',
      direction: 'higher',
      unit: 'share',
      compute: (p) => curveOf(p, `interpolation.accuracy.${split}`, (points) => valueAt(points, 0.5)),
    },
  ];
}

export const INTERPOLATION_METRICS: readonly Metric[] = [
  ...interpolationMetrics('test', ''),
  ...interpolationMetrics('train', ' on training data'),
];
