import { compareMeasured, sameMeasured } from '../../../src-main/metrics/statistics/measured.ts';
import { shortened } from '../../../src-main/base/shortened.ts';
import { axisOf, rangeOfEstimates } from '../../../src-main/metrics/pictures/curves.ts';
import { rangeOf, valueText, type AxisUnit } from '../../../src-main/metrics/pictures/ticks.ts';
import { shortNames } from '../../../src-main/metrics/short-names.ts';
import type { CustomSeriesOption } from 'echarts/charts';
import { base, textWidth, tip, valueAxis, type Picture } from '../picture.ts';
import { symbolOf, withAlpha, type ChartStyle } from '../style.ts';
import { placeLabels, type Box } from './labels.ts';

export interface ParetoPoint {
  readonly key: string;
  readonly name: string;
  /** The method's look. */
  readonly color: string;
  readonly marker: string;
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

type Contestant = Pick<ParetoPoint, 'key' | 'cost' | 'quality' | 'reference'>;

/** Keys of the points that no other beats in quality without costing more; cheapest first. Cost: lower is better. */
export function paretoFront(points: readonly Contestant[], direction: 'higher' | 'lower'): readonly string[] {
  const gain = (point: Contestant) => (direction === 'higher' ? point.quality : -point.quality);
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

export interface ParetoSpec {
  readonly points: readonly ParetoPoint[];
  readonly costLabel: string;
  readonly costUnit: AxisUnit;
  readonly qualityLabel: string;
  /** 100 for shares shown as per cent. */
  readonly scale: number;
  readonly direction: 'higher' | 'lower';
}

/** Room for a name beside its point; of longer ones the middle is left out. */
const MOST_LETTERS = 34;
/** As many points a tooltip tells of. */
const MOST_TOLD = 12;
/** Of more points only those on the front have bars. */
export const MOST_BARRED = 40;
const NAME = { size: 11, height: 13 };
/** Names on the front are bold, which is wider. */
const BOLD = 1.1;

/** Names in the order in which they get their place: the front, the references, then by quality. */
function byImportance(
  points: readonly ParetoPoint[],
  front: ReadonlySet<string>,
  direction: 'higher' | 'lower',
): readonly ParetoPoint[] {
  const place = (point: ParetoPoint): number => (front.has(point.key) ? 0 : point.reference === true ? 1 : 2);
  const gain = (point: ParetoPoint): number => (direction === 'higher' ? point.quality : -point.quality);
  return [...points].sort((a, b) => place(a) - place(b) || gain(b) - gain(a));
}

/** Quality against cost on a logarithmic axis when costs span more than a decade; the front joined by steps. */
export function paretoPicture(spec: ParetoSpec, style: ChartStyle): Picture {
  const usable = spec.points.filter((point) => Number.isFinite(point.cost) && Number.isFinite(point.quality));
  const front = paretoFront(usable, spec.direction);
  const costs = usable.flatMap((point) => [point.costLow ?? point.cost, point.cost, point.costHigh ?? point.cost]);
  const log = usable.length > 1 && Math.min(...costs) > 0 && Math.max(...costs) / Math.min(...costs) > 10;
  const onFront = new Set(front);
  const reach = rangeOf(costs, log, 0.08);
  // Nothing costs less than nothing.
  const price = axisOf(
    { ...reach, low: Math.min(...costs) >= 0 ? Math.max(0, reach.low) : reach.low },
    { log, unit: spec.costUnit, wanted: 6 },
  );
  const quality = axisOf(
    rangeOfEstimates(
      usable.map(({ quality: y, low, high }) => ({ y, low: low ?? y, high: high ?? y })),
      false,
      spec.scale === 100,
    ),
    { scale: spec.scale },
  );
  // Hundreds of bars over each other would be a wall.
  const barred = usable.filter(({ key }) => usable.length <= MOST_BARRED || onFront.has(key));
  const formatCost = (value: number): string =>
    valueText(value, log ? { low: 0, high: value } : price, { unit: spec.costUnit });
  const formatQuality = (value: number): string => valueText(value, quality, { scale: spec.scale });
  const short = shortNames(
    usable.map(({ name }) => name),
    MOST_LETTERS,
  );
  const shortOf = new Map(usable.map(({ key }, i) => [key, short[i] ?? key]));
  /** Points that a pointer cannot tell from this one: they are told of together. */
  const together = (point: ParetoPoint): readonly ParetoPoint[] => {
    const place = (cost: number): number =>
      log
        ? Math.log(cost / price.low) / Math.log(price.high / price.low)
        : (cost - price.low) / (price.high - price.low);
    const tall = quality.high - quality.low;
    return usable.filter(
      (other) =>
        other.key === point.key ||
        (Math.abs(place(other.cost) - place(point.cost)) < 0.012 &&
          Math.abs(other.quality - point.quality) < tall * 0.02),
    );
  };
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
    description:
      `${spec.qualityLabel} against ${spec.costLabel} for ${usable.length} methods. Not beaten at their ` +
      `cost: ${front.map((key) => usable.find((point) => point.key === key)?.name ?? key).join(', ')}.`,
    height: 320,
    trials: [...new Set(usable.flatMap((point) => point.trials ?? []))],
    option: {
      ...base(style),
      grid: { left: 60, right: 24, top: 20, bottom: 44 },
      xAxis: valueAxis(style, 'x', spec.costLabel, price),
      yAxis: valueAxis(style, 'y', spec.qualityLabel, quality),
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const point = Array.isArray(item) ? undefined : usable.find((each) => `point:${each.key}` === item.seriesId);
          if (point === undefined) return '';
          const here = together(point);
          if (here.length > 1) {
            const { shown, leftOut } = shortened(here, MOST_TOLD);
            return tip(`${here.length} of them here`, [
              ...shown.map((each) => ({
                label: each.name,
                value: `${formatQuality(each.quality)} at ${formatCost(each.cost)}`,
                color: each.color,
              })),
              ...(leftOut === 0 ? [] : [{ label: `and ${leftOut} more in the table`, value: '' }]),
            ]);
          }
          return tip(point.name, [
            { label: spec.qualityLabel, value: formatQuality(point.quality) },
            ...(point.low == null || point.high == null
              ? []
              : [{ label: '95 % interval', value: `${formatQuality(point.low)} to ${formatQuality(point.high)}` }]),
            { label: spec.costLabel, value: formatCost(point.cost) },
            ...(point.costLow === point.costHigh || point.costLow === undefined || point.costHigh === undefined
              ? []
              : [
                  {
                    label: 'from trial to trial',
                    value: `${formatCost(point.costLow)} to ${formatCost(point.costHigh)}`,
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
          clip: true,
          z: 2,
          encode: { x: 0, y: [1, 2] },
          tooltip: { show: false },
          data: barred
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
          clip: true,
          z: 2,
          encode: { x: [1, 2], y: 0 },
          tooltip: { show: false },
          data: barred.map((point) => [point.quality, point.costLow ?? point.cost, point.costHigh ?? point.cost]),
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
        ...usable.map((point) => ({
          type: 'scatter' as const,
          id: `point:${point.key}`,
          name: point.name,
          z: 3,
          data: [[point.cost, point.quality]],
          symbol: symbolOf(point.marker),
          symbolSize: onFront.has(point.key) ? 12 : 9,
          itemStyle: { color: point.color, opacity: 1 },
        })),
        names(byImportance(usable, onFront, spec.direction), steps, onFront, shortOf, style),
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

/** The names of points, drawn together, where they have room. */
function names(
  points: readonly ParetoPoint[],
  steps: readonly (readonly number[])[],
  front: ReadonlySet<string>,
  shortOf: ReadonlyMap<string, string>,
  style: ChartStyle,
): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 4,
    encode: { x: 0, y: 1 },
    tooltip: { show: false },
    data: points.map((point) => [point.cost, point.quality]),
    renderItem: (params, api) => {
      if (params.dataIndexInside !== 0) return null;
      const frame = rectangle(params.coordSys);
      const wanted = points.map((point) => {
        const [x = 0, y = 0] = api.coord([point.cost, point.quality]);
        const text = shortOf.get(point.key) ?? point.name;
        const radius = front.has(point.key) ? 6 : 5;
        return {
          key: point.key,
          x,
          y,
          radius,
          width: textWidth(text, NAME.size) * (front.has(point.key) ? BOLD : 1),
          height: NAME.height,
        };
      });
      const box = (from: readonly number[], to: readonly number[]): Box => {
        const [[x1 = 0, y1 = 0], [x2 = 0, y2 = 0]] = [api.coord([...from]), api.coord([...to])];
        return {
          left: Math.min(x1, x2) - 1,
          right: Math.max(x1, x2) + 1,
          top: Math.min(y1, y2) - 1,
          bottom: Math.max(y1, y2) + 1,
        };
      };
      const lines = [
        ...points.flatMap(({ cost, quality, low, high, costLow, costHigh }) => [
          box([cost, low ?? quality], [cost, high ?? quality]),
          box([costLow ?? cost, quality], [costHigh ?? cost, quality]),
        ]),
        ...steps.slice(1).map((end, i) => box(steps[i] ?? end, end)),
      ];
      const area = { ...frame, top: frame.top - 12, right: frame.right + 16 };
      return {
        type: 'group',
        children: placeLabels(wanted, area, lines).map((box) => ({
          type: 'text' as const,
          style: {
            x: (box.left + box.right) / 2,
            y: (box.top + box.bottom) / 2,
            text: shortOf.get(box.key) ?? '',
            fill: front.has(box.key) ? style.text : style.muted,
            align: 'center' as const,
            verticalAlign: 'middle' as const,
            font: `${front.has(box.key) ? '600 ' : ''}${NAME.size}px ${style.font}`,
          },
        })),
      };
    },
  };
}

/** Where the axes stand. */
function rectangle(system: object): Box {
  const known = new Map<string, unknown>(Object.entries(system));
  const read = (key: string): number => Number(known.get(key) ?? 0);
  return {
    left: read('x'),
    top: read('y'),
    right: read('x') + read('width'),
    bottom: read('y') + read('height'),
  };
}
