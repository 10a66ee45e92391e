import type { Picture, Place } from '../picture.ts';
import type { ChartStyle } from '../style.ts';
import { linesPicture, type LineSeries } from './lines.ts';

/**
 * One line per task: its accuracy from the moment it was learnt until the end; the mean over seen tasks drawn thick in
 * text colour.
 */
export function forgettingSeries(
  matrix: readonly (readonly number[])[],
  style: ChartStyle,
  trial?: string,
): readonly LineSeries[] {
  const tasks = matrix[0]?.length ?? 0;
  const trials = trial === undefined ? {} : { trials: [trial] };
  const lines = Array.from({ length: tasks }, (_, task): LineSeries => ({
    key: `task-${task}`,
    name: `task ${task + 1}`,
    ...trials,
    points: matrix.flatMap((row, after) => {
      const value = row[task];
      return after < task || value === undefined || !Number.isFinite(value) ? [] : [{ x: after + 1, y: value }];
    }),
  }));
  const mean: LineSeries = {
    key: 'mean',
    name: 'mean of seen',
    color: style.text,
    marker: 'none',
    dash: [2, 3],
    ...trials,
    points: matrix.flatMap((row, after) => {
      const seen = row.slice(0, after + 1).filter((value) => Number.isFinite(value));
      return seen.length === 0 ? [] : [{ x: after + 1, y: seen.reduce((sum, value) => sum + value, 0) / seen.length }];
    }),
  };
  return tasks > 1 ? [...lines, mean] : lines;
}

export function forgettingPicture(
  matrix: readonly (readonly number[])[],
  style: ChartStyle,
  trial?: string,
  place?: Place,
): Picture {
  const series = forgettingSeries(matrix, style, trial);
  return linesPicture(
    {
      name: 'forgetting',
      series,
      xLabel: 'after task',
      yLabel: 'accuracy (%)',
      y: { low: 0, high: 1 },
      scale: 100,
      integerX: true,
      markers: true,
      ...(place === undefined ? {} : { place }),
      legendText: (name) => (name === 'task 1' ? name : name.replace('task ', '').replace(' of seen', '')),
    },
    style,
  );
}
