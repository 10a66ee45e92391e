import { describe, expect, it, test } from 'vitest';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import { classMeans } from '../../../src-main/methods/merging/shared/class-means.ts';
import { noRoom } from '../../../src-main/suites/merging/shared/room.ts';
import { firstOfEach } from '../../../src-main/methods/merging/shared/shots.ts';
import { chosenRows, firstOfEachClass, joinedRows } from '../../../src-main/suites/merging/shared/task-rows.ts';
import { greyImages, VIEWS } from '../../../src-main/suites/merging/shared/views.ts';

const SIDE = 28;
/** An image whose pixels say where they are. */
const places = Float32Array.from({ length: SIDE * SIDE }, (_, at) => at);
const at = (image: Float32Array, row: number, column: number): number => image[row * SIDE + column] ?? -1;

describe('views of an image', () => {
  test('turned: the top right corner comes to the top left', () => {
    const turned = VIEWS.turned(places);
    expect([at(turned, 0, 0), at(turned, 27, 0), at(turned, 0, 27)]).toEqual([27, 0, 27 * 28 + 27]);
  });

  test('are bijections; upside down twice, and turned and turned back, is the image', () => {
    for (const view of Object.values(VIEWS)) expect([...view(places)].sort((a, b) => a - b)).toEqual([...places]);
    expect(VIEWS['upside-down'](VIEWS['upside-down'](places))).toEqual(places);
    expect(VIEWS['turned-back'](VIEWS.turned(places))).toEqual(places);
    expect(VIEWS.mirrored(VIEWS.mirrored(places))).toEqual(places);
  });

  test('each image of several by itself', () => {
    const two = new Float32Array([...places, ...places.map((value) => value + 1000)]);
    expect(VIEWS.turned(two).subarray(784)).toEqual(VIEWS.turned(places).map((value) => value + 1000));
  });

  test('colour: the middle of it, as luma', () => {
    const image = new Float32Array(32 * 32 * 3);
    image.set([1, 0.5, 0.25], (2 * 32 + 2) * 3);
    const grey = greyImages(image, [32, 32, 3]);
    expect(grey[0]).toBeCloseTo(0.299 + 0.587 * 0.5 + 0.114 * 0.25, 6);
    expect(grey.subarray(1).every((value) => value === 0)).toBe(true);
    expect(() => greyImages(new Float32Array(8 * 8 * 3), [8, 8, 3])).toThrow(/cannot be cut/);
  });

  test('smaller grey ones are enlarged, bilinear between the middles of pixels', () => {
    // By hand: 28/14 = 2, so that the middles lie at ¼ and ¾ between those of the 14 columns; flat at the edge.
    const ramp = Float32Array.from({ length: 14 * 14 }, (_, place) => place % 14);
    const large = greyImages(ramp, [14, 14, 1]);
    expect([...large.subarray(0, 6)]).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2.25]);
    expect([...large.subarray(27 * 28 + 24)]).toEqual([11.75, 12.25, 12.75, 13]);
    const constant = greyImages(new Float32Array(2 * 64).fill(0.3, 64), [8, 8, 1]);
    expect(constant.subarray(0, 784).every((value) => value === 0)).toBe(true);
    expect(Math.max(...constant.subarray(784).map((value) => Math.abs(value - 0.3)))).toBeLessThan(1e-6);
  });
});

describe('rows of tasks', () => {
  const rows = (count: number) => ({
    rows: count,
    x: Float32Array.from({ length: count }, (_, row) => row),
    y: Int32Array.from({ length: count }, (_, row) => row % 4),
  });
  const dataset: Dataset = {
    id: 'd',
    title: 'd',
    shape: [1],
    classes: ['a', 'b', 'c', 'd'],
    train: rows(40),
    test: rows(20),
    sha256: '0',
  };
  const taken = (span: readonly [number, number], classes?: readonly number[], reach = 40): Float32Array =>
    chosenRows(dataset, { dataset: 'd', ...(classes && { classes }) }, { part: 'train', span, reach, width: 1 }).x;

  it('of one data set are apart, and the same each time', () => {
    const [a, b] = [taken([0, 15]), taken([15, 40])];
    expect(new Set([...a, ...b]).size).toBe(40);
    expect(taken([0, 15])).toEqual(a);
  });

  it('in inverted colours are 1 less what they were', () => {
    const asIs = taken([0, 9]);
    const inverted = chosenRows(
      dataset,
      { dataset: 'd', inverted: true },
      { part: 'train', span: [0, 9], reach: 40, width: 1 },
    );
    expect(inverted.x).toEqual(asIs.map((value) => 1 - value));
  });

  it('of some classes are told apart as 0, 1, …', () => {
    const found = chosenRows(
      dataset,
      { dataset: 'd', classes: [3, 1] },
      { part: 'train', span: [0, 9], reach: 20, width: 1 },
    );
    expect(found.rows).toBe(9);
    found.x.forEach((row, index) => expect(found.y[index]).toBe(row % 4 === 3 ? 0 : 1));
  });

  it('are cut by one share where there are fewer than the suite reaches for, and stay apart', () => {
    const [a, b] = [taken([0, 40], undefined, 80), taken([40, 80], undefined, 80)];
    expect([a.length, b.length]).toEqual([20, 20]);
    expect(new Set([...a, ...b]).size).toBe(40);
  });

  it('of several data sets have labels one after the other', () => {
    const joined = joinedRows([
      { split: rows(4), classes: 4 },
      { split: rows(4), classes: 4 },
    ]);
    expect([...joined.y]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...firstOfEach(Int32Array.of(1, 0, 1, 1, 0, 2, 0), 2)]).toEqual([0, 1, 2, 4, 5]);
    expect([...firstOfEachClass(rows(12), 4, 2).x]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...firstOfEachClass(rows(7), 4, 2).y]).toEqual([0, 1, 2, 3, 0, 1, 2]);
    expect(() => firstOfEachClass(rows(3), 4, 2)).toThrow(/Class 3 has no labelled row/);
  });
});

test('class means have length 1 and point to the mean', () => {
  const features = Float32Array.of(1, 0, 3, 0, 0, 2, 0, 4);
  expect([...classMeans(features, Int32Array.of(0, 0, 1, 1), 2)]).toEqual([1, 0, 0, 1]);
  const [x, y] = classMeans(Float32Array.of(3, 4), Int32Array.of(0), 1);
  expect([x, y]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  expect(() => classMeans(Float32Array.of(1, 1), Int32Array.of(0), 2)).toThrow(/class 1 add up to zero/);
});

test('a suite without room is not offered: as means over seeds, by version, and never unmeasured', () => {
  const suite = { id: 's', version: 2 };
  const measured = { version: 2, seeds: [1, 2], start: [0.8, 0.88], average: [0.9, 0.93] };
  expect(noRoom(suite, measured)).toBeNull();
  expect(noRoom(suite, { ...measured, start: [0.8, 0.91] })).toMatch(/start has 85.5 % .* \(at most 85.0 %\)/);
  expect(noRoom(suite, { ...measured, average: [0.9, 0.95] })).toMatch(/plain average 92.5 %/);
  expect(noRoom({ ...suite, version: 3 }, measured)).toMatch(/nobody measured/);
  expect(noRoom(suite, undefined)).toMatch(/nobody measured/);
});
