import { fixed, probability, signed } from '../../../src-main/metrics/board/numbers.ts';
import { base, tip, valueAxis, type Picture } from '../picture.ts';
import { axisOf, type FrameAxis } from '../../../src-main/metrics/pictures/curves.ts';
import { shortNames } from '../../../src-main/metrics/short-names.ts';
import type { Judgement } from '../../../src-main/metrics/records.ts';
import type { ChartStyle } from '../style.ts';

export interface ForestRow {
  readonly key: string;
  /** `A − B` as words: which method minus which. */
  readonly label: string;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /**
   * The p that decides, and what it says: colour and filling come from here, never from the interval, which no family
   * has widened.
   */
  readonly p: number | null;
  readonly judgement: Judgement;
  readonly effectSize: number | null;
  readonly n: number;
}

export interface ForestSpec {
  readonly rows: readonly ForestRow[];
  readonly xLabel: string;
  readonly direction: 'higher' | 'lower' | 'none';
  readonly scale: number;
  readonly decimals: number;
  readonly trials?: readonly string[];
}

/** Room for `A − B`; of longer ones the middle is left out. */
const MOST_LETTERS = 46;

/** Of differences both signs are written. */
const withSigns = (axis: FrameAxis): FrameAxis => ({
  ...axis,
  ticks: {
    ...axis.ticks,
    labels: axis.ticks.labels.map((label, i) => ((axis.ticks.values[i] ?? 0) > 0 ? `+${label}` : label)),
  },
});

/**
 * Paired differences with their 95 % intervals around a line of no difference; squares filled where the adjusted p
 * settles them.
 */
export function forestPicture(spec: ForestSpec, style: ChartStyle): Picture {
  const write = (value: number) => signed(value * spec.scale, spec.decimals);
  const colors = { better: style.better, worse: style.worse, open: style.muted, unknown: style.muted };
  const extent =
    Math.max(
      1e-9,
      ...spec.rows
        .flatMap((row) => [row.mean, row.low ?? row.mean, row.high ?? row.mean])
        .map((value) => Math.abs(value)),
    ) * 1.08;
  const labels = shortNames(
    spec.rows.map((row) => row.label),
    MOST_LETTERS,
  );
  const left = Math.max(6, ...labels.map((label) => label.length)) * 6.9 + 14;
  const [towards, away] =
    spec.direction === 'lower' ? ['second is better', 'first is better'] : ['first is better', 'second is better'];
  return {
    name: 'paired-differences',
    description:
      'Paired differences with 95 per cent intervals. ' +
      `${spec.rows.map((row) => `${row.label}: ${write(row.mean)}${row.low === null || row.high === null ? '' : ` from ${write(row.low)} to ${write(row.high)}`}, n = ${row.n}, p = ${probability(row.p)} after Holm`).join('; ')}.`,
    height: 66 + spec.rows.length * 26,
    trials: spec.trials ?? [],
    option: {
      ...base(style),
      grid: { left, right: 24, top: 22, bottom: 40 },
      xAxis: {
        ...valueAxis(style, 'x', spec.xLabel, withSigns(axisOf({ low: -extent, high: extent }, { scale: spec.scale }))),
        splitLine: { show: true, lineStyle: { color: style.rule, opacity: 0.6 } },
      },
      yAxis: { type: 'value', min: -0.5, max: spec.rows.length - 0.5, inverse: true, show: false },
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const row = Array.isArray(item) ? undefined : spec.rows[item.dataIndex];
          return row === undefined
            ? ''
            : tip(row.label, [
                { label: 'difference', value: write(row.mean) },
                {
                  label: '95 % interval',
                  value:
                    row.low === null || row.high === null
                      ? 'needs two seeds'
                      : `${write(row.low)} to ${write(row.high)}`,
                },
                { label: 'p (Holm)', value: probability(row.p) },
                { label: 'effect size', value: row.effectSize === null ? '—' : fixed(row.effectSize, 2) },
                { label: 'paired seeds', value: String(row.n) },
              ]);
        },
      },
      series: [
        {
          type: 'custom',
          encode: { x: [1, 2, 3], y: 0 },
          clip: false,
          data: spec.rows.map((row, index) => [index, row.mean, row.low ?? row.mean, row.high ?? row.mean]),
          renderItem: (_params, api) => {
            const index = Number(api.value(0));
            const row = spec.rows[index];
            if (row === undefined) return null;
            const [x = 0, y = 0] = api.coord([row.mean, index]);
            const judged = row.judgement;
            const color = colors[judged];
            const whisker = row.low === null || row.high === null ? [] : [row.low, row.high];
            const [from = x, to = x] = whisker.map((value) => api.coord([value, index])[0] ?? x);
            const settled = judged === 'better' || judged === 'worse';
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  shape: { x: 0, y: y - 13, width: api.getWidth(), height: 26 },
                  style: { fill: 'transparent' },
                },
                { type: 'line', shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: color, lineWidth: 2 } },
                ...[from, to].map((end) => ({
                  type: 'line' as const,
                  shape: { x1: end, y1: y - 4, x2: end, y2: y + 4 },
                  style: { stroke: color, lineWidth: whisker.length === 0 ? 0 : 2 },
                })),
                {
                  type: 'rect',
                  shape: { x: x - 5, y: y - 5, width: 10, height: 10 },
                  style: { fill: settled ? color : style.surface, stroke: color, lineWidth: 2 },
                },
                {
                  type: 'text',
                  style: {
                    x: left - 10,
                    y,
                    text: labels[index] ?? '',
                    fill: style.text,
                    align: 'right',
                    verticalAlign: 'middle',
                    font: `12px ${style.font}`,
                  },
                },
              ],
            };
          },
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: style.text, width: 1, type: 'solid' },
            label: {
              show: true,
              color: style.muted,
              fontSize: 11,
              position: 'start',
              formatter: spec.direction === 'none' ? 'no difference' : `← ${away}   0   ${towards} →`,
            },
            data: [{ xAxis: 0 }],
          },
        },
      ],
    },
    table: {
      columns: ['pair', `difference (${spec.xLabel})`, 'low', 'high', 'p (Holm)', 'effect size', 'n', 'trials'],
      rows: spec.rows.map((row) => [
        row.label,
        row.mean,
        row.low,
        row.high,
        row.p,
        row.effectSize,
        row.n,
        (spec.trials ?? []).join(' '),
      ]),
    },
  };
}
