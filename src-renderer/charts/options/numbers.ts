import { axisOf } from '../../../src-main/metrics/pictures/curves.ts';
import { rangeOf, valueText } from '../../../src-main/metrics/pictures/ticks.ts';
import { base, tip, valueAxis, type Picture } from '../picture.ts';
import { withAlpha, type ChartStyle } from '../style.ts';

export interface NumbersSpec {
  /** What is predicted. */
  readonly name: string;
  readonly samples: number;
  readonly points: readonly (readonly [truth: number, predicted: number])[];
  readonly trial: string;
}

/** Root of the mean squared difference of the points. */
function deviationOf(points: NumbersSpec['points']): number {
  const squares = points.reduce((sum, [truth, predicted]) => sum + (predicted - truth) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, points.length));
}

/** Predicted against true numbers, over one range on both axes, with the line on which they are equal. */
export function numbersPicture({ name: given, samples, points, trial }: NumbersSpec, style: ChartStyle): Picture {
  // Tables call what is to be told their class, also where it is a number.
  const name = /^(class|target|label|y)$/i.test(given) ? 'value' : given;
  const axis = axisOf(rangeOf(points.flat(), false, 0.04), {});
  const shown = (value: number): string => valueText(value, axis, {});
  return {
    name: 'predicted-against-true',
    description:
      `Predicted against true ${name} of ${samples} test samples; they differ by ` +
      `${shown(deviationOf(points))} (root mean squared${points.length === samples ? '' : `, of the ${points.length} shown`}).`,
    height: 320,
    trials: [trial],
    option: {
      ...base(style),
      grid: { left: 60, right: 24, top: 20, bottom: 44 },
      xAxis: valueAxis(style, 'x', `true ${name}`, axis),
      yAxis: valueAxis(style, 'y', `predicted ${name}`, axis),
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          const value: unknown = Array.isArray(item) ? null : item.value;
          if (!Array.isArray(value)) return '';
          const [truth, predicted] = value;
          if (typeof truth !== 'number' || typeof predicted !== 'number') return '';
          return tip(name, [
            { label: 'true', value: shown(truth) },
            { label: 'predicted', value: shown(predicted) },
          ]);
        },
      },
      series: [
        {
          type: 'line',
          silent: true,
          showSymbol: false,
          z: 1,
          data: [
            [axis.low, axis.low],
            [axis.high, axis.high],
          ],
          lineStyle: { color: withAlpha(style.muted, 0.7), width: 1, type: [4, 3] },
          tooltip: { show: false },
        },
        {
          type: 'scatter',
          z: 2,
          symbolSize: points.length > 500 ? 4 : 6,
          itemStyle: { color: withAlpha(style.accent, 0.55) },
          data: points.map(([truth, predicted]) => [truth, predicted]),
        },
      ],
    },
    table: {
      columns: [`true ${name}`, `predicted ${name}`, 'trial'],
      rows: points.map(([truth, predicted]) => [truth, predicted, trial]),
    },
  };
}
