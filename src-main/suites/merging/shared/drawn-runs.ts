import { stream } from '../../../engine/random/streams.ts';
import type { ExpertFacts, HyperParameters } from '../../../methods/contract.ts';
import { trainedExpert } from './trained-expert.ts';

/** Between which ends settings of runs are drawn, as their logarithms: the same draws for every seed. */
export interface RunRanges {
  readonly learningRate: readonly [number, number];
  readonly weightDecay: readonly [number, number];
  readonly epochs: readonly [number, number];
  readonly smoothing: readonly [number, number];
  readonly noise: readonly [number, number];
  readonly mixup: readonly [number, number];
}

/** One of so many runs has mixup; one of so many has noise on its inputs. */
const MIXUP_EVERY = 3;
const NOISE_EVERY = 2;

/**
 * Runs of one task that differ in everything that a random search varies (Wortsman et al. 2022, appendix J.2): learning
 * rate, weight decay, epochs, label smoothing, augmentation, mixup, and the order of batches.
 *
 * @param name of the draw; another one gives other settings
 */
export function drawnRuns(name: string, count: number, ranges: RunRanges): ExpertFacts[] {
  return Array.from({ length: count }, (_, run) => {
    const draws = stream(0, `suites/experts/runs/${name}/${run}`);
    const draw = ([low, high]: readonly [number, number]): number =>
      Number((low * (high / low) ** draws.uniform()).toPrecision(3));
    const settings: HyperParameters = {
      order: run + 1,
      learningRate: draw(ranges.learningRate),
      weightDecay: draw(ranges.weightDecay),
      epochs: Math.round(draw(ranges.epochs)),
      smoothing: draw(ranges.smoothing),
    };
    const [mixup, noise] = [draw(ranges.mixup), draw(ranges.noise)];
    return trainedExpert(run, {
      task: 0,
      run: {
        ...settings,
        ...(run % MIXUP_EVERY === MIXUP_EVERY - 1 ? { mixup } : {}),
        ...(run % NOISE_EVERY === NOISE_EVERY - 1 ? { noise } : {}),
      },
    });
  });
}
