import type { CalibrationCurve } from '../../../src-main/workbench/contract/contract.ts';
import { axisOf } from '../../../src-main/metrics/pictures/curves.ts';
import { fixed } from '../../../src-main/metrics/board/numbers.ts';
import { base, tip, valueAxis, type Picture } from '../picture.ts';
import { withAlpha, type ChartStyle } from '../style.ts';

export interface ReliabilitySpec {
  readonly curve: CalibrationCurve;
  /** Whose samples: `all test samples`, `task 2`. */
  readonly of: string;
  readonly trial: string;
}

/** What the diagram says, in words: the error, and on which side of the diagonal most samples lie. */
export function reliabilitySentence({ samples, error, bins }: CalibrationCurve): string {
  const measured = bins.flatMap((bin) =>
    bin.confidence === null || bin.accuracy === null
      ? []
      : [{ ...bin, confidence: bin.confidence, accuracy: bin.accuracy }],
  );
  // Σ n_b/n (confidence − accuracy): the signed sibling of the error.
  const signed =
    measured.reduce((sum, bin) => sum + bin.count * (bin.confidence - bin.accuracy), 0) / Math.max(1, samples);
  const gap =
    `confidence and accuracy differ by ${fixed(error * 100, 2)} points on average (ECE, ` +
    `${bins.length} bins, ${samples} samples)`;
  // A hundredth of a point is what the number above is rounded to.
  if (error < 0.00005) return `The net is as often right as it says: ${gap}.`;
  if (Math.abs(signed) < error / 2) return `Over-confident in some bins and under-confident in others: ${gap}.`;
  return (
    `${signed > 0 ? 'Over-confident: it is less often right than it says' : 'Under-confident: it is more often right than it says'}; ` +
    `${gap}.`
  );
}

const TOP = { top: 14, height: 190 };
const BOTTOM = { top: 218, height: 48 };

/**
 * Reliability diagram (Guo et al. 2017): per bin of confidence how often the net is right, the gap to what it says, and
 * below it how many samples the bin holds. On the diagonal a net is as often right as it says.
 */
export function reliabilityPicture({ curve, of, trial }: ReliabilitySpec, style: ChartStyle): Picture {
  const whole = axisOf({ low: 0, high: 1 }, { scale: 100 });
  const color = style.accent;
  const { bins, samples } = curve;
  const shares = bins.map((bin) => (samples === 0 ? 0 : bin.count / samples));
  const left = 56;
  const right = 18;
  /** A rectangle over each bin from `low` to `high`, in data units; a pixel of air on either side. */
  const bars = (
    name: string,
    rows: readonly (readonly [from: number, to: number, low: number, high: number])[],
    grid: number,
    look: { fill: string; stroke?: string },
  ) => ({
    type: 'custom' as const,
    name,
    silent: true,
    z: 2,
    xAxisIndex: grid,
    yAxisIndex: grid,
    encode: { x: [0, 1], y: [2, 3] },
    data: rows.map((row) => [...row]),
    tooltip: { show: false },
    renderItem: (
      _params: unknown,
      api: { value: (dimension: number) => unknown; coord: (at: number[]) => number[] },
    ) => {
      const [from, to, low, high] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
      const [x1 = 0, y1 = 0] = api.coord([from ?? 0, high ?? 0]);
      const [x2 = 0, y2 = 0] = api.coord([to ?? 0, low ?? 0]);
      return {
        type: 'rect' as const,
        shape: { x: x1 + 0.5, y: y1, width: Math.max(1, x2 - x1 - 1), height: Math.max(high === low ? 0 : 1, y2 - y1) },
        style: { fill: look.fill, ...(look.stroke === undefined ? {} : { stroke: look.stroke, lineWidth: 1 }) },
      };
    },
  });
  const measured = bins.flatMap((bin) =>
    bin.confidence === null || bin.accuracy === null
      ? []
      : [{ ...bin, confidence: bin.confidence, accuracy: bin.accuracy }],
  );
  return {
    name: 'reliability',
    description: `Reliability diagram of ${of}: accuracy against confidence. ${reliabilitySentence(curve)}`,
    height: 310,
    trials: [trial],
    option: {
      ...base(style),
      grid: [
        { left, right, ...TOP },
        { left, right, ...BOTTOM },
      ],
      xAxis: [
        {
          ...valueAxis(style, 'x', '', whole),
          axisLabel: { show: false },
          gridIndex: 0,
        },
        { ...valueAxis(style, 'x', 'confidence (%)', whole), gridIndex: 1 },
      ],
      yAxis: [
        { ...valueAxis(style, 'y', 'accuracy (%)', whole), gridIndex: 0 },
        {
          ...valueAxis(
            style,
            'y',
            'samples (%)',
            axisOf({ low: 0, high: Math.max(...shares, 0.01) }, { scale: 100, wanted: 2 }),
          ),
          gridIndex: 1,
          splitLine: { show: false },
        },
      ],
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const bin = Array.isArray(item) ? undefined : measured[item.dataIndex];
          return bin === undefined
            ? ''
            : tip(`confidence ${fixed(bin.from * 100, 1)} to ${fixed(bin.to * 100, 1)} %`, [
                { label: 'says', value: `${fixed(bin.confidence * 100, 1)} %` },
                { label: 'is right', value: `${fixed(bin.accuracy * 100, 1)} %` },
                { label: 'samples', value: `${bin.count} (${fixed((bin.count / Math.max(1, samples)) * 100, 1)} %)` },
              ]);
        },
      },
      series: [
        {
          type: 'line',
          silent: true,
          showSymbol: false,
          z: 4,
          data: [
            [0, 0],
            [1, 1],
          ],
          lineStyle: { color: style.muted, width: 1, type: [4, 4] },
          tooltip: { show: false },
        },
        bars(
          'accuracy',
          measured.map((bin) => [bin.from, bin.to, 0, Math.min(bin.accuracy, bin.confidence)]),
          0,
          { fill: withAlpha(color, 0.55) },
        ),
        bars(
          'gap',
          measured.map((bin) => [
            bin.from,
            bin.to,
            Math.min(bin.accuracy, bin.confidence),
            Math.max(bin.accuracy, bin.confidence),
          ]),
          0,
          { fill: withAlpha(style.worse, 0.3), stroke: style.worse },
        ),
        bars(
          'samples',
          bins.map((bin, i) => [bin.from, bin.to, 0, shares[i] ?? 0]),
          1,
          { fill: withAlpha(style.muted, 0.55) },
        ),
        // Where the tooltip is: what the bin says on average against how often it is right.
        {
          type: 'scatter',
          name: 'bins',
          z: 5,
          symbol: 'circle',
          symbolSize: 7,
          data: measured.map((bin) => [bin.confidence, bin.accuracy]),
          itemStyle: { color, borderColor: style.surface, borderWidth: 1, opacity: 1 },
        },
      ],
    },
    table: {
      columns: ['confidence from', 'to', 'samples', 'mean confidence', 'accuracy', 'trial'],
      rows: bins.map((bin) => [bin.from, bin.to, bin.count, bin.confidence, bin.accuracy, trial]),
    },
  };
}
