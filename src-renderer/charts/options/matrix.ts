import { fixed } from '../../../src-main/metrics/board/numbers.ts';
import { base, categoryAxis, heat, tip, type Picture } from '../picture.ts';
import { inkOn, rampColor, type ChartStyle } from '../style.ts';

export interface MatrixSpec {
  readonly name: string;
  /** Row i: after training task i; column j: on task j. NaN: not measured. */
  readonly values: readonly (readonly number[])[];
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  readonly rowTitle: string;
  readonly columnTitle: string;
  /** Shares are written as per cent. */
  readonly share: boolean;
  /** Range of the colours; by default 0 to 1 for shares, else the data's. */
  readonly range?: readonly [number, number];
  /** Grey out cells right of the diagonal: tasks not yet seen. */
  readonly unseen?: boolean;
  readonly trial?: string;
}

/** Rows of equal cells on a sequential ramp, the number in each cell as long as it fits. */
export function matrixPicture(spec: MatrixSpec, style: ChartStyle): Picture {
  const rows = spec.values.length;
  const columns = Math.max(0, ...spec.values.map((row) => row.length));
  const finite = spec.values.flat().filter((value) => Number.isFinite(value));
  const [low, high] = spec.range ?? (spec.share ? [0, 1] : [Math.min(...finite, 0), Math.max(...finite, 1e-9)]);
  const text = (value: number, digits = columns > 8 ? 0 : 1) =>
    spec.share ? fixed(value * 100, digits) : fixed(value, 2);
  const labelled = columns <= 20 && rows <= 20;
  const data = spec.values.flatMap((row, i) =>
    row.flatMap((value, j) => {
      if (!Number.isFinite(value)) return [];
      const strength = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
      const color = rampColor(style.sequential, strength);
      const unseen = spec.unseen === true && j > i;
      return [
        {
          value: [j, i, value, strength],
          itemStyle: { opacity: unseen ? 0.45 : 1, borderColor: style.surface, borderWidth: columns > 40 ? 0 : 1 },
          label: {
            show: labelled,
            color: unseen ? style.muted : inkOn(color),
            formatter: text(value),
            fontSize: columns > 12 ? 10 : 12,
          },
        },
      ];
    }),
  );
  const mean = finite.length === 0 ? Number.NaN : finite.reduce((sum, value) => sum + value, 0) / finite.length;
  return {
    name: spec.name,
    description:
      `${rows} by ${columns} matrix: ${spec.rowTitle} (rows) by ${spec.columnTitle} (columns). Values ` +
      `from ${text(Math.min(...finite), 1)} to ${text(Math.max(...finite), 1)}, mean ` +
      `${text(mean, 1)}${spec.share ? ' per cent' : ''}.`,
    height: Math.min(520, Math.max(150, 70 + rows * (rows > 12 ? 22 : 32))),
    trials: spec.trial === undefined ? [] : [spec.trial],
    option: {
      ...base(style),
      grid: { left: longest(spec.rowLabels) * 6.2 + 34, right: 12, top: 44, bottom: 8 },
      xAxis: {
        ...categoryAxis(style, 'x', spec.columnTitle, spec.columnLabels),
        position: 'top',
        axisTick: { show: false },
        axisLine: { show: false },
      },
      yAxis: {
        ...categoryAxis(style, 'y', spec.rowTitle, spec.rowLabels),
        nameGap: longest(spec.rowLabels) * 6.2 + 14,
        axisTick: { show: false },
        axisLine: { show: false },
      },
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const value: unknown = Array.isArray(item) ? null : item.value;
          if (!Array.isArray(value)) return '';
          const [j, i, cell] = value;
          return typeof i === 'number' && typeof j === 'number' && typeof cell === 'number'
            ? tip(`${spec.rowTitle} ${spec.rowLabels[i] ?? ''}`, [
                {
                  label: `${spec.columnTitle} ${spec.columnLabels[j] ?? ''}`,
                  value: spec.share ? `${fixed(cell * 100, 2)} %` : fixed(cell, 4),
                },
              ])
            : '';
        },
      },
      visualMap: heat(style),
      series: [{ type: 'heatmap', data, emphasis: { itemStyle: { borderColor: style.text, borderWidth: 2 } } }],
    },
    table: {
      columns: [`${spec.rowTitle} / ${spec.columnTitle}`, ...spec.columnLabels.slice(0, columns), 'trial'],
      rows: spec.values.map((row, i) => [
        spec.rowLabels[i] ?? String(i + 1),
        ...Array.from({ length: columns }, (_, j) => (Number.isFinite(row[j] ?? Number.NaN) ? (row[j] ?? null) : null)),
        spec.trial ?? '',
      ]),
    },
  };
}

function longest(labels: readonly string[]): number {
  return Math.min(18, Math.max(1, ...labels.map((label) => label.length)));
}

/** The accuracy matrix of a continual trial; with the random-initialisation row on top when it was measured. */
export function accuracyMatrixPicture(
  matrix: readonly (readonly number[])[],
  init: readonly number[] | undefined,
  style: ChartStyle,
  trial?: string,
): Picture {
  const tasks = matrix[0]?.length ?? 0;
  const picture = matrixPicture(
    {
      name: 'accuracy-matrix',
      values: init === undefined ? matrix : [init, ...matrix],
      rowLabels: [...(init === undefined ? [] : ['start']), ...matrix.map((_, i) => `${i + 1}`)],
      columnLabels: Array.from({ length: tasks }, (_, j) => `${j + 1}`),
      rowTitle: 'after task',
      columnTitle: 'accuracy on task (%)',
      share: true,
      ...(trial === undefined ? {} : { trial }),
    },
    style,
  );
  const last = matrix.at(-1) ?? [];
  const final = last.length === 0 ? Number.NaN : last.reduce((sum, value) => sum + value, 0) / last.length;
  return {
    ...picture,
    description: `${picture.description} After the last task the mean over tasks is ${fixed(final * 100, 1)} per cent.`,
  };
}
