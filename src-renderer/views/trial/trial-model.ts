import { barrier } from '../../charts/options/interpolation.ts';
import type { AxedCurve } from '../../../src-main/metrics/pictures/curves.ts';
import { CURVE_AXES } from '../../../src-main/metrics/primitives.ts';
import { DASHES, MARKERS, type Dash, type Marker } from '../../../src-main/metrics/looks.ts';
import type { AxedSeries, LinePoint, LineSeries } from '../../charts/options/lines.ts';
import type { LivePoint } from '../../../src-main/metrics/live-points.ts';
import { isOverTasks, onShownAxis } from '../study/curves.ts';
import type { TrialDetail } from '../../../src-main/workbench/contract/contract.ts';

/** Curves of one measure over one x. */
export interface CurvePanel {
  readonly title: string;
  /** What x counts. */
  readonly x: string;
  readonly series: readonly AxedSeries[];
}
export interface InterpolationPanel {
  readonly title: string;
  readonly series: readonly LineSeries[];
  readonly worse: 'up' | 'down';
  readonly share: boolean;
}
export interface Panels {
  readonly curves: readonly CurvePanel[];
  readonly interpolations: readonly InterpolationPanel[];
}

/**
 * Lines of one trial look like its method; several are told apart by marker and dash, as configurations of a method
 * are.
 */
export function lookedLike<S extends LineSeries>(
  series: readonly S[],
  { colour, marker, dash }: { readonly colour: string; readonly marker: Marker; readonly dash: Dash },
): readonly S[] {
  return series.map((line, i) => ({
    ...line,
    color: colour,
    marker: MARKERS[(MARKERS.indexOf(marker) + i) % MARKERS.length] ?? marker,
    dash: DASHES[(DASHES.indexOf(dash) + i) % DASHES.length] ?? dash,
  }));
}

/** A measured number that is not finite is a gap in the line. */
const pointsOf = (points: readonly (readonly [number, number | null])[]): readonly LinePoint[] =>
  points.map(([x, y]) => ({ x, y: y ?? Number.NaN }));

/** A matrix for the pictures, which leave out what is NaN. */
export const withGaps = (rows: readonly (readonly (number | null)[])[]): readonly (readonly number[])[] =>
  rows.map((row) => row.map((value) => value ?? Number.NaN));

/**
 * Sorts a trial's curves into pictures: interpolations (x is λ; splits of one quantity together) and the rest by what
 * they measure. With an accuracy matrix the curves per task are left out: the forgetting picture shows them.
 */
export function panelsOf(
  detail: Pick<TrialDetail, 'id' | 'curves' | 'matrices'>,
  live: ReadonlyMap<string, readonly LivePoint[]> = new Map(),
): Panels {
  const interpolations = new Map<string, InterpolationPanel & { series: LineSeries[] }>();
  const curves = new Map<string, CurvePanel & { series: AxedSeries[] }>();
  const add = (name: string, curve: AxedCurve<LinePoint>) => {
    // `accuracy.validation` and `accuracy.train` share a picture; a name without a dot has its own.
    const [quantity = name, ...rest] = name.split('.');
    const key = `${quantity}/${curve.x}`;
    const panel = curves.get(key) ?? { title: quantity, x: curve.x, series: [] };
    panel.series.push({ key: name, name: rest.join(' ') || quantity, ...curve, trials: [detail.id] });
    curves.set(key, panel);
  };
  const perTask = /^accuracy on task \d+$/;
  for (const curve of detail.curves) {
    if (curve.x === 'lambda') {
      const [, quantity = curve.name, split = ''] = /^(?:interpolation\.)?([^.]+)\.?(.*)$/.exec(curve.name) ?? [];
      const down = quantity.startsWith('acc');
      const panel = interpolations.get(quantity) ?? {
        title: down
          ? 'Accuracy between the nets'
          : `${quantity[0]?.toUpperCase() ?? ''}${quantity.slice(1)} between the nets`,
        worse: down ? 'down' : 'up',
        share: down,
        series: [],
      };
      panel.series.push({
        key: curve.name,
        name: split || quantity,
        points: pointsOf(curve.points),
        trials: [detail.id],
      });
      interpolations.set(quantity, panel);
    } else if (!(perTask.test(curve.name) && detail.matrices['accuracy'] !== undefined))
      add(curve.name, { x: curve.x, points: pointsOf(curve.points), axes: curve.axes });
  }
  for (const [name, points] of live)
    if (detail.curves.every((curve) => curve.name !== name)) {
      const known = CURVE_AXES.filter((axis) => points.every(({ places }) => places?.[axis] !== undefined));
      const axes = Object.fromEntries(known.map((axis) => [axis, points.map(({ places }) => places?.[axis] ?? 0)]));
      add(name, { x: isOverTasks(name) ? 'task' : 'step', points: onShownAxis(name, points), axes });
    }
  return { curves: [...curves.values()], interpolations: [...interpolations.values()] };
}

/** `2.31 at λ = 0.52`, for the table of numbers. */
export function barrierOf(
  panel: InterpolationPanel,
): readonly { readonly name: string; readonly height: number; readonly lambda: number }[] {
  return panel.series.flatMap((series) => {
    const found = barrier(series.points, panel.worse);
    return found === null ? [] : [{ name: series.name, height: found.height, lambda: found.lambda }];
  });
}

/** A JSON value as label-value lines: nested names joined by dots, empty ones left out. */
export function flatten(value: unknown, prefix = ''): readonly { readonly label: string; readonly value: string }[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value))
    return value.every((item) => typeof item !== 'object')
      ? [{ label: prefix, value: value.join(', ') }]
      : value.flatMap((item, i) => flatten(item, `${prefix} ${i + 1}`));
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([name, item]) => flatten(item, prefix === '' ? name : `${prefix}.${name}`));
  return [{ label: prefix, value: String(value) }];
}
