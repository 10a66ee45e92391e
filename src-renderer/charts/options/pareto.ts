import { compareMeasured, sameMeasured } from '../../../src-main/metrics/statistics/measured.ts';
import { shortened } from '../../../src-main/base/shortened.ts';
import { axis, base, tip, type Picture } from '../picture.ts';
import { lookAt, symbolOf, withAlpha, type ChartStyle } from '../style.ts';

export interface ParetoPoint {
  readonly key: string;
  readonly name: string;
  readonly color?: string;
  readonly marker?: string;
  /** The median over trials, and the least and the most where they differ. */
  readonly cost: number;
  readonly costLow?: number;
  readonly costHigh?: number;
  readonly quality: number;
  readonly low?: number | null;
  readonly high?: number | null;
  readonly trials?: readonly string[];
  /** Drawn for orientation, but no contestant: a reference never shapes the front. */
  readonly reference?: boolean;
}

/** Keys of the points that no other beats in quality without costing more; cheapest first. Cost: lower is better. */
export function paretoFront(points: readonly ParetoPoint[], direction: 'higher' | 'lower'): readonly string[] {
  const gain = (point: ParetoPoint) => (direction === 'higher' ? point.quality : -point.quality);
  const sorted = points
    .filter((point) => point.reference !== true && Number.isFinite(point.cost) && Number.isFinite(point.quality))
    .sort((a, b) => compareMeasured(a.cost, b.cost) || gain(b) - gain(a));
  const front: string[] = [];
  let best = Number.NEGATIVE_INFINITY;
  for (const point of sorted) {
    if (gain(point) <= best || sameMeasured(gain(point), best)) continue;
    best = gain(point);
    front.push(point.key);
  }
  return front;
}

/** Up to so many points all have their names; beyond, those that are looked for: the front, the references and the best. */
const ALL_NAMED = 16;
const BEST_NAMED = 10;

function namedPoints(
  points: readonly ParetoPoint[],
  front: ReadonlySet<string>,
  direction: 'higher' | 'lower',
): ReadonlySet<string> {
  if (points.length <= ALL_NAMED) return new Set(points.map(({ key }) => key));
  const best = shortened(
    [...points].sort((a, b) => (direction === 'higher' ? b.quality - a.quality : a.quality - b.quality)),
    BEST_NAMED,
  ).shown;
  const references = points.filter(({ reference }) => reference === true);
  return new Set([...front, ...[...best, ...references].map(({ key }) => key)]);
}

export interface ParetoSpec {
  readonly points: readonly ParetoPoint[];
  readonly costLabel: string;
  readonly qualityLabel: string;
  readonly direction: 'higher' | 'lower';
  readonly formatCost: (value: number) => string;
  readonly formatQuality: (value: number) => string;
}

/** Quality against cost on a logarithmic axis when costs span more than a decade; the front joined by steps. */
export function paretoPicture(spec: ParetoSpec, style: ChartStyle): Picture {
  const usable = spec.points.filter((point) => Number.isFinite(point.cost) && Number.isFinite(point.quality));
  const front = paretoFront(usable, spec.direction);
  const costs = usable.flatMap((point) => [point.costLow ?? point.cost, point.cost, point.costHigh ?? point.cost]);
  const log = usable.length > 1 && Math.min(...costs) > 0 && Math.max(...costs) / Math.min(...costs) > 10;
  const onFront = new Set(front);
  /** Where a cost lies between the cheapest and the dearest, 0 … 1: names at the edges are written inwards. */
  const place = (cost: number): number => {
    const [low, high, at] = [Math.min(...costs), Math.max(...costs), cost].map((value) =>
      log ? Math.log(value) : value,
    );
    return low === undefined || high === undefined || at === undefined || high === low
      ? 0.5
      : (at - low) / (high - low);
  };
  const tops = usable.map((point) => point.quality);
  const span = Math.max(...tops) - Math.min(...tops);
  /** Names of points that lie close together stand on different sides of them: above, below, then to the right. */
  const sides = new Map<string, 'top' | 'bottom' | 'right'>();
  for (const point of [...usable].sort((a, b) => a.cost - b.cost)) {
    const near = usable
      .filter(
        (other) =>
          sides.has(other.key) &&
          Math.abs(place(other.cost) - place(point.cost)) < 0.17 &&
          Math.abs(other.quality - point.quality) <= span * 0.06,
      )
      .map((other) => sides.get(other.key));
    sides.set(point.key, (['top', 'bottom', 'right'] as const).find((side) => !near.includes(side)) ?? 'top');
  }
  const named = namedPoints(usable, onFront, spec.direction);
  const inwards = (cost: number): 'left' | 'center' | 'right' =>
    place(cost) > 0.85 ? 'right' : place(cost) < 0.1 ? 'left' : 'center';
  const steps = front.flatMap((key, index) => {
    const point = usable.find((each) => each.key === key);
    const next = usable.find((each) => each.key === front[index + 1]);
    return point === undefined
      ? []
      : next === undefined
        ? [[point.cost, point.quality]]
        : [
            [point.cost, point.quality],
            [next.cost, point.quality],
          ];
  });
  return {
    name: 'pareto',
    description: `${spec.qualityLabel} against ${spec.costLabel} for ${usable.length} methods. Not beaten at their cost: ${front.map((key) => usable.find((point) => point.key === key)?.name ?? key).join(', ')}.`,
    height: 320,
    trials: [...new Set(usable.flatMap((point) => point.trials ?? []))],
    option: {
      ...base(style),
      grid: { left: 60, right: 24, top: 20, bottom: 44 },
      xAxis: axis(style, 'x', {
        name: `${spec.costLabel}${log ? ', logarithmic' : ''}`,
        kind: log ? 'log' : 'value',
        format: spec.formatCost,
        ...(log ? { min: Math.min(...costs) / 1.6, max: Math.max(...costs) * 1.6 } : {}),
      }),
      yAxis: axis(style, 'y', { name: spec.qualityLabel, format: spec.formatQuality, inverse: false }),
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const point = Array.isArray(item) ? undefined : usable.find((each) => `point:${each.key}` === item.seriesId);
          return point === undefined
            ? ''
            : tip(point.name, [
                { label: spec.qualityLabel, value: spec.formatQuality(point.quality) },
                { label: spec.costLabel, value: spec.formatCost(point.cost) },
                ...(point.costLow === point.costHigh || point.costLow === undefined || point.costHigh === undefined
                  ? []
                  : [
                      {
                        label: 'from trial to trial',
                        value: `${spec.formatCost(point.costLow)} to ${spec.formatCost(point.costHigh)}`,
                      },
                    ]),
                ...(onFront.has(point.key) ? [{ label: 'not beaten at this cost', value: '' }] : []),
              ]);
        },
      },
      series: [
        {
          type: 'line',
          silent: true,
          showSymbol: false,
          z: 1,
          data: steps,
          lineStyle: { color: withAlpha(style.muted, 0.7), width: 1, type: [4, 3] },
          tooltip: { show: false },
        },
        {
          type: 'custom',
          silent: true,
          z: 2,
          encode: { x: 0, y: [1, 2] },
          tooltip: { show: false },
          data: usable
            .filter(
              (point) =>
                point.low !== null && point.low !== undefined && point.high !== null && point.high !== undefined,
            )
            .map((point) => [point.cost, point.low ?? 0, point.high ?? 0]),
          renderItem: (_params, api) => {
            const [x = 0, bottom = 0] = api.coord([api.value(0), api.value(1)]);
            const [, top = 0] = api.coord([api.value(0), api.value(2)]);
            return {
              type: 'line',
              shape: { x1: x, y1: bottom, x2: x, y2: top },
              style: { stroke: withAlpha(style.muted, 0.8), lineWidth: 1 },
            };
          },
        },
        {
          type: 'custom',
          silent: true,
          z: 2,
          encode: { x: [1, 2], y: 0 },
          tooltip: { show: false },
          data: usable.map((point) => [point.quality, point.costLow ?? point.cost, point.costHigh ?? point.cost]),
          renderItem: (_params, api) => {
            const [left = 0, y = 0] = api.coord([api.value(1), api.value(0)]);
            const [right = 0] = api.coord([api.value(2), api.value(0)]);
            return {
              type: 'line',
              shape: { x1: left, y1: y, x2: right, y2: y },
              style: { stroke: withAlpha(style.muted, 0.8), lineWidth: 1 },
            };
          },
        },
        ...usable.map((point, index) => ({
          type: 'scatter' as const,
          id: `point:${point.key}`,
          name: point.name,
          z: 3,
          data: [[point.cost, point.quality]],
          symbol: symbolOf(point.marker ?? lookAt(style, index).marker),
          symbolSize: onFront.has(point.key) ? 12 : 9,
          itemStyle: { color: point.color ?? lookAt(style, index).color, opacity: 1 },
          label: {
            show: named.has(point.key),
            position: sides.get(point.key) ?? ('top' as const),
            ...(sides.get(point.key) === 'right' ? {} : { align: inwards(point.cost) }),
            formatter: () => point.name,
            color: onFront.has(point.key) ? style.text : style.muted,
            fontSize: 11,
            fontWeight: onFront.has(point.key) ? 600 : 400,
          },
          labelLayout: { hideOverlap: usable.length > ALL_NAMED, moveOverlap: 'shiftY' as const },
        })),
      ],
    },
    table: {
      columns: ['method', spec.costLabel, 'least', 'most', spec.qualityLabel, 'low', 'high', 'not beaten', 'trials'],
      rows: usable.map((point) => [
        point.name,
        point.cost,
        point.costLow ?? null,
        point.costHigh ?? null,
        point.quality,
        point.low ?? null,
        point.high ?? null,
        onFront.has(point.key) ? 'yes' : 'no',
        (point.trials ?? []).join(' '),
      ]),
    },
  };
}
