import { axisOf } from '../../../src-main/metrics/pictures/curves.ts';
import { rangeOf, valueText } from '../../../src-main/metrics/pictures/ticks.ts';
import { base, categoryAxis, legend, tip, valueAxis, type Picture } from '../picture.ts';
import { symbolOf, type ChartStyle } from '../style.ts';

export interface TaskGroup {
  readonly name: string;
  /** The method's look. */
  readonly color: string;
  readonly marker: string;
  /** One a task, a share; null where it was not measured. */
  readonly values: readonly (number | null)[];
  readonly trials: readonly string[];
}

export interface TasksSpec {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly groups: readonly TaskGroup[];
}

const HEIGHT_OF_TASK = 34;

/**
 * Accuracy on each task, one line a task with a mark for every method: where a mean hides that one task was given up
 * for the others, the marks of that line lie apart.
 */
export function tasksPicture({ name, tasks, groups }: TasksSpec, style: ChartStyle): Picture {
  const range = rangeOf(groups.flatMap(({ values }) => values.flatMap((value) => value ?? [])));
  const write = (value: number): string => valueText(value, range, { scale: 100 });
  const names = legend(
    style,
    groups.map((group) => group.name),
  );
  const worst = groups.map(({ name: of, values }) => {
    const found = values.flatMap((value, task) => (value === null ? [] : [{ value, task }]));
    const least = found.slice().sort((a, b) => a.value - b.value)[0];
    return least === undefined ? `${of}: none` : `${of}: least ${write(least.value)} % on ${tasks[least.task] ?? ''}`;
  });
  return {
    name,
    description: `Accuracy by task of ${groups.length} methods. ${worst.join('; ')}.`,
    height: 64 + names.height + tasks.length * HEIGHT_OF_TASK,
    trials: groups.flatMap(({ trials }) => trials),
    option: {
      ...base(style),
      legend: names.option,
      grid: { left: 78, right: 18, top: names.height + 10, bottom: 42 },
      xAxis: { ...valueAxis(style, 'x', 'accuracy (%)', axisOf(range, { scale: 100 })), splitLine: { show: false } },
      yAxis: {
        ...categoryAxis(style, 'y', '', tasks),
        splitLine: { show: true, lineStyle: { color: style.rule, opacity: 0.6 } },
      },
      tooltip: {
        ...base(style).tooltip,
        trigger: 'item',
        formatter: (item) => {
          if (Array.isArray(item)) return '';
          const task = item.dataIndex;
          return tip(
            tasks[task] ?? '',
            groups.flatMap(({ name: of, color, values }) => {
              const value = values[task];
              return value === null || value === undefined ? [] : [{ label: of, value: `${write(value)} %`, color }];
            }),
          );
        },
      },
      series: groups.map((group) => ({
        type: 'scatter' as const,
        name: group.name,
        symbol: symbolOf(group.marker),
        symbolSize: 10,
        itemStyle: { color: group.color, opacity: 0.9 },
        data: tasks.map((_, task) => [group.values[task] ?? '-', task]),
      })),
    },
    table: {
      columns: ['method', 'task', 'accuracy (share)', 'trials'],
      rows: groups.flatMap(({ name: of, values, trials }) =>
        tasks.map((task, index) => [of, task, values[index] ?? null, trials.join(' ')]),
      ),
    },
  };
}
