import { median } from './interval.ts';

/** Somebody who can be measured again and again. */
export interface Contestant {
  /** Unique: `PyTorch, 2 × 1 thread`. */
  readonly name: string;
  /** Contestants of one family are arrangements of the same thing: only the fastest of them counts. */
  readonly family: string;
  /** One measurement, in the row's unit. */
  measure(): Promise<number>;
}

export interface Measured {
  readonly name: string;
  readonly family: string;
  readonly values: readonly number[];
}

/**
 * Every contestant once a round. The order turns by one place from round to round, so that nobody always follows the
 * same neighbour and slow changes of the machine fall on all alike.
 */
export async function contest(
  contestants: readonly Contestant[],
  rounds: number,
  onRound: (round: number) => void = () => undefined,
): Promise<Measured[]> {
  const values = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    onRound(round);
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      values[index].push(await contestants[index].measure());
    }
  }
  return contestants.map(({ name, family }, index) => ({ name, family, values: values[index] }));
}

/** The one with the smallest median. Throws when there is none. */
export function fastest(measured: readonly Measured[]): Measured {
  const [first, ...others] = measured;
  if (first === undefined) throw new RangeError('nobody was measured');
  return others.reduce((best, one) => (median(one.values) < median(best.values) ? one : best), first);
}

/**
 * Who goes on after the pilot: of every family its fastest arrangement, without families that are slower than
 * `hopeless` times the fastest of all, unless they are in `keep`. They could not become the peer, and their turns would
 * only make the rounds longer.
 */
export function chooseArrangements(pilot: readonly Measured[], keep: readonly string[] = [], hopeless = 1.5): string[] {
  const families = [...new Set(pilot.map(({ family }) => family))];
  const best = families.map((family) => fastest(pilot.filter((one) => one.family === family)));
  const limit = hopeless * median(fastest(best).values);
  return best.filter(({ family, values }) => keep.includes(family) || median(values) <= limit).map(({ name }) => name);
}
