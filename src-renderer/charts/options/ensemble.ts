import { axisOf } from '../../../src-main/metrics/pictures/curves.ts';
import { rangeOf, valueText } from '../../../src-main/metrics/pictures/ticks.ts';
import { base, categoryAxis, tip, valueAxis, type Picture } from '../picture.ts';
import { symbolOf, type ChartStyle } from '../style.ts';

/** Pictures of members of an ensemble, that of a person's own predictions and any other. */

export interface WeightsSpec {
  readonly names: readonly string[];
  readonly weights: readonly number[];
  readonly trials?: readonly string[];
}

const HEIGHT_OF_BAR = 24;

/** What each member weighs, a bar a member. */
export function weightsPicture({ names, weights, trials = [] }: WeightsSpec, style: ChartStyle): Picture {
  const range = { low: Math.min(0, ...weights), high: Math.max(0, ...weights) * 1.05 || 1 };
  const heaviest = weights.indexOf(Math.max(...weights));
  return {
    name: 'weights',
    description:
      `Weights of ${names.length} members; ${weights.filter((weight) => weight !== 0).length} are not 0. ` +
      `${names[heaviest] ?? 'None'} weighs most, ${valueText(weights[heaviest] ?? 0, range)}.`,
    height: 56 + names.length * HEIGHT_OF_BAR,
    trials,
    option: {
      ...base(style),
      grid: { left: 130, right: 18, top: 8, bottom: 42 },
      xAxis: { ...valueAxis(style, 'x', 'weight', axisOf(range)), splitLine: { show: false } },
      yAxis: categoryAxis(style, 'y', '', names),
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) =>
          Array.isArray(item)
            ? ''
            : tip(names[item.dataIndex] ?? '', [
                { label: 'weight', value: valueText(weights[item.dataIndex] ?? 0, range) },
              ]),
      },
      series: [
        {
          type: 'custom',
          encode: { x: 0, y: 1 },
          data: weights.map((weight, i) => [weight, i]),
          renderItem: (_params, api) => {
            const at = Number(api.value(1));
            const [from = 0, y = 0] = api.coord([0, at]);
            const [to = 0] = api.coord([Number(api.value(0)), at]);
            return {
              type: 'rect',
              shape: { x: Math.min(from, to), y: y - 7, width: Math.abs(to - from), height: 14 },
              style: { fill: style.accent },
            };
          },
        },
      ],
    },
    table: { columns: ['member', 'weight'], rows: names.map((name, i) => [name, weights[i] ?? null]) },
  };
}

export interface DiversitySpec {
  readonly members: readonly {
    readonly name: string;
    /** Share of rows that it tells right. */
    readonly accuracy: number;
    /** Share of rows, mean over the others, for which another names another class. */
    readonly apart: number;
    readonly weight: number | null;
  }[];
  readonly trials?: readonly string[];
}

/** Each member by how often it is right and how far it is from the others; those without weight are hollow. */
export function diversityPicture({ members, trials = [] }: DiversitySpec, style: ChartStyle): Picture {
  const [x, y] = [rangeOf(members.map(({ apart }) => apart)), rangeOf(members.map(({ accuracy }) => accuracy))];
  const best = [...members].sort((a, b) => b.accuracy - a.accuracy)[0];
  return {
    name: 'diversity',
    description:
      `Accuracy against disagreement of ${members.length} members.` +
      (best === undefined
        ? ''
        : ` ${best.name} is right most often, ${valueText(best.accuracy, y, { scale: 100 })} %.`),
    height: 260,
    trials,
    option: {
      ...base(style),
      grid: { left: 62, right: 18, top: 12, bottom: 44 },
      xAxis: valueAxis(style, 'x', 'disagreement with the others (%)', axisOf(x, { scale: 100 })),
      yAxis: valueAxis(style, 'y', 'accuracy (%)', axisOf(y, { scale: 100 })),
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const member = Array.isArray(item) ? undefined : members[item.dataIndex];
          return member === undefined
            ? ''
            : tip(member.name, [
                { label: 'accuracy', value: `${valueText(member.accuracy, y, { scale: 100 })} %` },
                { label: 'disagreement', value: `${valueText(member.apart, x, { scale: 100 })} %` },
                ...(member.weight === null ? [] : [{ label: 'weight', value: member.weight.toFixed(3) }]),
              ]);
        },
      },
      series: [
        {
          type: 'scatter',
          symbol: symbolOf('circle'),
          symbolSize: 10,
          data: members.map(({ apart, accuracy, weight }) => ({
            value: [apart, accuracy],
            itemStyle: {
              color: weight === 0 ? style.surface : style.accent,
              borderColor: style.accent,
              borderWidth: 1.5,
              opacity: 1,
            },
          })),
        },
      ],
    },
    table: {
      columns: ['member', 'accuracy (share)', 'disagreement (share)', 'weight'],
      rows: members.map(({ name, accuracy, apart, weight }) => [name, accuracy, apart, weight]),
    },
  };
}
