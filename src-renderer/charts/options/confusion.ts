import { shortened } from '../../../src-main/base/shortened.ts';
import { fixed } from '../../../src-main/metrics/board/numbers.ts';
import { base, categoryAxis, heat, tip, type Picture } from '../picture.ts';
import { inkOn, rampColor, type ChartStyle } from '../style.ts';

export interface ClassScore {
  readonly name: string;
  readonly support: number;
  readonly recall: number;
  readonly precision: number;
  readonly f1: number;
}

/** Recall, precision and F1 of each class from counts[true][predicted]; NaN where a class never occurs. */
export function classScores(classes: readonly string[], counts: readonly (readonly number[])[]): readonly ClassScore[] {
  return classes.map((name, i) => {
    const support = (counts[i] ?? []).reduce((sum, count) => sum + count, 0);
    const predicted = counts.reduce((sum, row) => sum + (row[i] ?? 0), 0);
    const hit = counts[i]?.[i] ?? 0;
    const recall = support === 0 ? Number.NaN : hit / support;
    const precision = predicted === 0 ? Number.NaN : hit / predicted;
    return {
      name,
      support,
      recall,
      precision,
      f1: support + predicted === 0 ? Number.NaN : (2 * hit) / (support + predicted),
    };
  });
}

/** The most frequent confusions, most first. */
export function worstConfusions(
  classes: readonly string[],
  counts: readonly (readonly number[])[],
  limit: number,
): readonly { readonly truth: string; readonly predicted: string; readonly count: number; readonly share: number }[] {
  const all = counts.flatMap((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, j) =>
      i === j || count === 0
        ? []
        : [{ truth: classes[i] ?? String(i), predicted: classes[j] ?? String(j), count, share: count / total }],
    );
  });
  // The matrix itself has them all.
  return shortened(
    all.sort((a, b) => b.count - a.count),
    limit,
  ).shown;
}

export interface ConfusionSpec {
  readonly classes: readonly string[];
  readonly counts: readonly (readonly number[])[];
  /** Colour by share of the true class (default) or by count. */
  readonly by?: 'share' | 'count';
  readonly trial?: string;
}

/** True class (rows) by predicted class (columns). Zero cells stay empty, so that mistakes stand out. */
export function confusionPicture(spec: ConfusionSpec, style: ChartStyle): Picture {
  const { classes, counts } = spec;
  const by = spec.by ?? 'share';
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const all = totals.reduce((sum, total) => sum + total, 0);
  const correct = counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const top = Math.max(1, ...counts.flat());
  const labelled = classes.length <= 14;
  const data = counts.flatMap((row, i) =>
    row.flatMap((count, j) => {
      if (count === 0) return [];
      const share = count / Math.max(1, totals[i] ?? 1);
      // A square-root scale: one per cent of mistakes must still be seen beside 99 per cent of hits.
      const strength = Math.sqrt(by === 'share' ? share : count / top);
      const color = rampColor(style.sequential, strength);
      return [
        {
          value: [j, i, count, strength],
          itemStyle: { borderColor: style.surface, borderWidth: classes.length > 40 ? 0 : 1 },
          label: {
            show: labelled,
            color: inkOn(color),
            fontSize: 11,
            formatter:
              by === 'share' ? (share < 0.0995 ? fixed(share * 100, 1) : fixed(share * 100, 0)) : String(count),
          },
        },
      ];
    }),
  );
  const worst = worstConfusions(classes, counts, 1)[0];
  const wide = Math.min(14, Math.max(1, ...classes.map((name) => name.length))) * 6.2;
  return {
    name: 'confusion-matrix',
    description:
      `Confusion matrix of ${classes.length} classes, ${all} samples, ` +
      `${fixed((100 * correct) / Math.max(1, all), 1)} per cent ` +
      `correct.${worst === undefined ? '' : ` Most frequent mistake: ${worst.truth} taken for ${worst.predicted}, ${worst.count} times.`}`,
    height: Math.min(560, Math.max(220, 90 + classes.length * (classes.length > 14 ? 18 : 28))),
    trials: spec.trial === undefined ? [] : [spec.trial],
    option: {
      ...base(style),
      grid: { left: wide + 34, right: 12, top: 44, bottom: 8 },
      xAxis: {
        ...categoryAxis(
          style,
          'x',
          by === 'share' ? 'predicted class (% of the true class)' : 'predicted class (samples)',
          classes,
        ),
        position: 'top',
        axisTick: { show: false },
        axisLine: { show: false },
      },
      yAxis: {
        ...categoryAxis(style, 'y', 'true class', classes),
        nameGap: wide + 14,
        axisTick: { show: false },
        axisLine: { show: false },
      },
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const value: unknown = Array.isArray(item) ? null : item.value;
          if (!Array.isArray(value)) return '';
          const [j, i, count] = value;
          if (typeof i !== 'number' || typeof j !== 'number' || typeof count !== 'number') return '';
          return tip(i === j ? `${classes[i] ?? ''} recognised` : `${classes[i] ?? ''} taken for ${classes[j] ?? ''}`, [
            { label: 'samples', value: `${count} of ${totals[i] ?? 0}` },
            { label: 'share of the true class', value: `${fixed((100 * count) / Math.max(1, totals[i] ?? 1), 2)} %` },
          ]);
        },
      },
      visualMap: heat(style),
      series: [{ type: 'heatmap', data, emphasis: { itemStyle: { borderColor: style.text, borderWidth: 2 } } }],
    },
    table: {
      columns: ['true class', ...classes.map((name) => `predicted ${name}`), 'trial'],
      rows: counts.map((row, i) => [classes[i] ?? String(i), ...row, spec.trial ?? '']),
    },
  };
}
