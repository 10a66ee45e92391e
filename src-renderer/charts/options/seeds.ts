import { distinctPlaces, placeText, type Place } from '../../../src-main/base/places.ts';
import { axisOf } from '../../../src-main/metrics/pictures/curves.ts';
import { rangeOf } from '../../../src-main/metrics/pictures/ticks.ts';
import { shortNames } from '../../../src-main/metrics/short-names.ts';
import { fixed } from '../../../src-main/metrics/board/numbers.ts';
import { base, tip, valueAxis, type Picture } from '../picture.ts';
import { symbolOf, withAlpha, type ChartStyle } from '../style.ts';

export interface SeedGroup {
  readonly key: string;
  readonly name: string;
  /** The method's look. */
  readonly color: string;
  readonly marker: string;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly values: readonly (Place & { readonly value: number; readonly trial: string })[];
}

export interface SeedsSpec {
  readonly name: string;
  readonly groups: readonly SeedGroup[];
  readonly xLabel: string;
  /** 100 for shares shown as per cent. */
  readonly scale: number;
  readonly decimals: number;
  /** Thin lines join the same seed across neighbouring methods: pairs are what the test compares. */
  readonly joined?: boolean;
}

/** Room for a name; of longer ones the middle is left out. */
const MOST_LETTERS = 34;

/**
 * One row per method, one dot per seed, the mean as a stroke and its 95 % interval as a bar; dots of a row never hide
 * each other.
 */
export function seedsPicture(spec: SeedsSpec, style: ChartStyle): Picture {
  const write = (value: number) => fixed(value * spec.scale, spec.decimals);
  const names = shortNames(
    spec.groups.map((group) => group.name),
    MOST_LETTERS,
  );
  const reach = spec.groups.flatMap(({ mean, low, high, values }) => [
    mean,
    low ?? mean,
    high ?? mean,
    ...values.map(({ value }) => value),
  ]);
  const position = (group: SeedGroup, index: number, order: number) =>
    index + (group.values.length < 2 ? 0 : (order / (group.values.length - 1) - 0.5) * 0.44);
  const places = distinctPlaces(spec.groups.flatMap((group) => group.values));
  const order = new Map(places.map((one, index) => [placeText(one), index]));
  const place = (group: SeedGroup, index: number, at: Place) =>
    position(
      { ...group, values: places.map((each) => ({ ...each, value: 0, trial: '' })) },
      index,
      order.get(placeText(at)) ?? 0,
    );
  const hasFolds = places.some(({ fold }) => fold !== null);
  const wide = Math.max(4, ...names.map((name) => name.length)) * 6.4 + 10;
  return {
    name: spec.name,
    description:
      `${spec.xLabel} of every seed for ${spec.groups.length} methods. ` +
      `${spec.groups.map((group) => `${group.name}: mean ${write(group.mean)} over ${group.values.length} ${hasFolds ? 'pairs of seed and fold' : 'seeds'}`).join('; ')}.`,
    height: Math.max(120, 56 + spec.groups.length * 44),
    trials: spec.groups.flatMap((group) => group.values.map((value) => value.trial)),
    option: {
      ...base(style),
      grid: { left: wide, right: 18, top: 8, bottom: 42 },
      xAxis: {
        ...valueAxis(style, 'x', spec.xLabel, axisOf(rangeOf(reach), { scale: spec.scale })),
        splitLine: { show: true, lineStyle: { color: style.rule, opacity: 0.6 } },
      },
      yAxis: {
        type: 'value',
        min: -0.5,
        max: spec.groups.length - 0.5,
        inverse: true,
        interval: 1,
        splitLine: { show: false },
        axisTick: { show: false },
        axisLine: { show: false },
        axisLabel: {
          show: true,
          showMinLabel: false,
          showMaxLabel: false,
          color: style.text,
          fontSize: 12,
          formatter: () => '',
          customValues: spec.groups.map((_, index) => index),
        },
      },
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          if (Array.isArray(item)) return '';
          const group = spec.groups.find((each) => each.key === item.seriesId?.replace(/^dots:/, ''));
          const value = group?.values[item.dataIndex];
          return group === undefined || value === undefined
            ? ''
            : tip(group.name, [
                { label: placeText(value), value: write(value.value) },
                { label: 'mean', value: write(group.mean) },
              ]);
        },
      },
      series: [
        ...(spec.joined === true
          ? places.map((at) => ({
              type: 'line' as const,
              silent: true,
              showSymbol: false,
              z: 1,
              lineStyle: { color: withAlpha(style.muted, 0.35), width: 1 },
              tooltip: { show: false },
              data: spec.groups.map((group, index) => {
                const found = group.values.find((value) => placeText(value) === placeText(at));
                return found === undefined ? ['-', '-'] : [found.value, place(group, index, at)];
              }),
            }))
          : []),
        {
          type: 'custom',
          silent: true,
          z: 2,
          encode: { x: [1, 2, 3], y: 0 },
          data: spec.groups.map((group, index) => [
            index,
            group.mean,
            group.low ?? group.mean,
            group.high ?? group.mean,
          ]),
          renderItem: (_params, api) => {
            const index = Number(api.value(0));
            const [x = 0, y = 0] = api.coord([api.value(1), index]);
            const [left = 0] = api.coord([api.value(2), index]);
            const [right = 0] = api.coord([api.value(3), index]);
            const color = spec.groups[index]?.color ?? style.accent;
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  shape: { x: left, y: y - 13, width: Math.max(0, right - left), height: 26 },
                  style: { fill: withAlpha(color, 0.14) },
                },
                {
                  type: 'line',
                  shape: { x1: x, y1: y - 13, x2: x, y2: y + 13 },
                  style: { stroke: color, lineWidth: 2 },
                },
                {
                  type: 'text',
                  style: {
                    x: wide - 8,
                    y,
                    text: names[index] ?? '',
                    fill: style.text,
                    align: 'right',
                    verticalAlign: 'middle',
                    font: `12px ${style.font}`,
                  },
                },
              ],
            };
          },
        },
        ...spec.groups.map((group, index) => ({
          type: 'scatter' as const,
          id: `dots:${group.key}`,
          name: group.name,
          z: 3,
          symbol: symbolOf(group.marker),
          symbolSize: 8,
          itemStyle: { color: group.color, opacity: 1 },
          data: group.values.map((value) => [value.value, place(group, index, value)]),
        })),
      ],
    },
    table: {
      columns: ['method', 'seed', ...(hasFolds ? ['fold'] : []), spec.xLabel, 'trial'],
      rows: spec.groups.flatMap((group) =>
        group.values.map(({ seed, fold, value, trial }) => [
          group.name,
          seed,
          ...(hasFolds ? [fold ?? ''] : []),
          value,
          trial,
        ]),
      ),
    },
  };
}
