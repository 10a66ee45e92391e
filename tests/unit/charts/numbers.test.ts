import { expect, test } from 'vitest';
import { numbersPicture } from '../../../src-renderer/charts/options/numbers.ts';
import { lightStyle } from '../../../src-renderer/charts/style.ts';

test('predicted against true: both axes have one range, and the table holds every point', () => {
  const picture = numbersPicture(
    {
      name: 'mpg',
      samples: 2,
      points: [
        [10, 12],
        [30, 26],
      ],
      trial: 't',
    },
    lightStyle,
  );
  const [x, y] = [picture.option.xAxis, picture.option.yAxis];
  expect(x).toMatchObject({ name: 'true mpg' });
  expect(y).toMatchObject({ name: 'predicted mpg' });
  for (const axis of [x, y]) expect(axis).toMatchObject({ min: expect.any(Number), max: expect.any(Number) });
  expect([x, y].map((axis) => (axis && 'min' in axis ? [axis.min, axis.max] : null))[0]).toEqual(
    [x, y].map((axis) => (axis && 'min' in axis ? [axis.min, axis.max] : null))[1],
  );
  expect(picture.table.rows).toEqual([
    [10, 12, 't'],
    [30, 26, 't'],
  ]);
  // √((2² + 4²) / 2)
  expect(picture.description).toContain('differ by 3.16');
});
