import { fixed } from '../numbers.ts';
import { axis, base, tip, type Picture } from '../picture.ts';
import { symbolOf, withAlpha, type ChartStyle } from '../style.ts';

export interface ReliabilityBin {
  /** Mean confidence of the bin's samples, in [0, 1]. */
  readonly confidence: number;
  /** Share of them that are right. */
  readonly accuracy: number;
  /** Samples in the bin; null when only the curve was stored. */
  readonly count: number | null;
}

/** Equal-width bins of (confidence, correct) pairs; empty bins are left out. */
export function reliabilityBins(samples: readonly { readonly confidence: number; readonly correct: boolean }[], bins = 15): readonly ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, hits: 0, count: 0 }));
  for (const sample of samples) {
    // Bins are (low, high], as in Guo et al. (2017).
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(sample.confidence * bins) - 1))];
    if (bin === undefined) continue;
    bin.confidence += sample.confidence;
    bin.hits += sample.correct ? 1 : 0;
    bin.count += 1;
  }
  return sums.filter((bin) => bin.count > 0).map((bin) => ({ confidence: bin.confidence / bin.count, accuracy: bin.hits / bin.count, count: bin.count }));
}

/** Expected calibration error: the gap between confidence and accuracy, weighted by samples; null when counts are unknown. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number | null {
  let total = 0;
  let gap = 0;
  for (const bin of bins) {
    if (bin.count === null) return null;
    total += bin.count;
    gap += bin.count * Math.abs(bin.confidence - bin.accuracy);
  }
  return total === 0 ? null : gap / total;
}

export interface ReliabilitySpec {
  readonly series: readonly { readonly key: string; readonly name: string; readonly color?: string; readonly marker?: string; readonly bins: readonly ReliabilityBin[] }[];
  readonly trial?: string;
}

/** Accuracy against confidence; on the diagonal a net is as often right as it says. Marker area grows with the samples in the bin. */
export function reliabilityPicture(spec: ReliabilitySpec, style: ChartStyle): Picture {
  const most = Math.max(1, ...spec.series.flatMap((series) => series.bins.map((bin) => bin.count ?? 1)));
  const percent = (value: number) => fixed(value * 100, 0);
  const summaries = spec.series.map((series) => {
    const error = expectedCalibrationError(series.bins);
    const over = series.bins.filter((bin) => bin.confidence > bin.accuracy).length * 2 > series.bins.length;
    return `${series.name} is mostly ${over ? 'over' : 'under'}-confident${error === null ? '' : `, expected calibration error ${fixed(error * 100, 2)} per cent`}`;
  });
  return {
    name: 'reliability',
    description: `Reliability diagram: accuracy against confidence. ${summaries.join('; ')}.`,
    height: 300,
    trials: spec.trial === undefined ? [] : [spec.trial],
    option: {
      ...base(style),
      legend: { show: spec.series.length > 1, top: 0, left: 8, itemWidth: 22, itemHeight: 9, data: spec.series.map((series) => series.name), textStyle: { color: style.text, fontSize: 12 } },
      grid: { left: 56, right: 18, top: spec.series.length > 1 ? 34 : 14, bottom: 42 },
      xAxis: axis(style, 'x', { name: 'confidence (%)', min: 0, max: 1, format: percent }),
      yAxis: axis(style, 'y', { name: 'accuracy (%)', min: 0, max: 1, format: percent }),
      tooltip: {
        ...base(style).tooltip, trigger: 'item',
        formatter: (item) => {
          if (Array.isArray(item)) return '';
          const bin = spec.series.find((series) => series.name === item.seriesName)?.bins[item.dataIndex];
          return bin === undefined ? '' : tip(item.seriesName ?? '', [
            { label: 'says', value: `${fixed(bin.confidence * 100, 1)} %` }, { label: 'is right', value: `${fixed(bin.accuracy * 100, 1)} %` },
            ...(bin.count === null ? [] : [{ label: 'samples', value: String(bin.count) }]),
          ]);
        },
      },
      series: [
        { type: 'line', name: 'as often right as it says', silent: true, showSymbol: false, data: [[0, 0], [1, 1]], lineStyle: { color: style.muted, width: 1, type: [4, 4] }, tooltip: { show: false } },
        ...spec.series.map((series, index) => {
          const look = style.looks[index % style.looks.length];
          const color = series.color ?? look?.color ?? style.accent;
          return {
            type: 'line' as const, name: series.name, data: series.bins.map((bin) => [bin.confidence, bin.accuracy]), symbol: symbolOf(series.marker ?? look?.marker ?? 'circle'),
            symbolSize: (_value: unknown, params: { dataIndex: number }) => 6 + 12 * Math.sqrt((series.bins[params.dataIndex]?.count ?? 0) / most),
            lineStyle: { color, width: 2 }, itemStyle: { color, borderColor: style.surface, borderWidth: 1 },
            areaStyle: { color: withAlpha(color, spec.series.length === 1 ? 0.08 : 0) },
          };
        }),
      ],
    },
    table: {
      columns: ['series', 'confidence', 'accuracy', 'samples', 'trial'],
      rows: spec.series.flatMap((series) => series.bins.map((bin) => [series.name, bin.confidence, bin.accuracy, bin.count, spec.trial ?? ''])),
    },
  };
}
