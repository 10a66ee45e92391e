import type { Suite } from '../../contract.ts';
import { MEASURED_ROOM } from './measured-room.ts';
import type { MeasuredRoom } from './measured-room.ts';

/**
 * Where a start knows its tasks already, or a plain average is nearly as good as the experts, all merges are alike and
 * their order is noise. Shares of the experts' own accuracies, as means over seeds.
 */
export const ROOM = { start: 0.85, average: 0.92 } as const;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Why a suite is not offered, or null. */
export function noRoom(
  { id, version }: Pick<Suite, 'id' | 'version'>,
  measured: MeasuredRoom | undefined,
): string | null {
  if (measured === undefined || measured.version !== version)
    return `${id} is not offered: nobody measured whether it leaves merges any room.`;
  const [start, average] = [mean(measured.start), mean(measured.average)];
  if (start <= ROOM.start && average <= ROOM.average) return null;
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return (
    `${id} is not offered: its start has ${share(start)} of the experts' accuracy (at most ${share(ROOM.start)}), their ` +
    `plain average ${share(average)} (at most ${share(ROOM.average)}).`
  );
}

/**
 * Those of the suites that leave room. A quick one may do so before anybody has measured the full one: then it stands
 * for itself.
 */
export function withRoom(suites: readonly Suite[]): Suite[] {
  const offered = suites.filter((suite) => noRoom(suite, MEASURED_ROOM[suite.id]) === null);
  const ids = new Set(offered.map(({ id }) => id));
  return offered.map((suite) =>
    suite.quickOf === null || ids.has(suite.quickOf) ? suite : { ...suite, quickOf: null },
  );
}
