import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';
import { useAppearance } from '../../../src-renderer/stores/appearance.ts';
import { useClient } from '../../../src-renderer/stores/client.ts';
import { appendPoint } from '../../../src-main/metrics/live-points.ts';
import type { LivePoint } from '../../../src-main/metrics/live-points.ts';
import { useStudies } from '../../../src-renderer/stores/studies.ts';
import { useViewHistory } from '../../../src-renderer/stores/viewHistory.ts';
import { fakeWorkbench } from './store-answers.ts';

beforeEach(() => {
  setActivePinia(createPinia());
  // The theme is written to the page; here there is none.
  vi.stubGlobal('document', { documentElement: { dataset: {} } });
  vi.stubGlobal('getComputedStyle', () => ({ getPropertyValue: (name: string) => ` literal of ${name}` }));
});

describe('curves of trials', () => {
  const point = (x: number): WorkbenchEvent => ({
    kind: 'curve-point',
    trial: 'runs',
    name: 'loss',
    x,
    y: x,
    places: { seconds: 2 * x },
  });

  test('a window that was reloaded has what a trial measured before, then what it hears', async () => {
    const before = {
      name: 'loss',
      x: 'step',
      points: [0, 1, 2, 3].map((x) => [x, x]),
      axes: { seconds: [0, 2, 4, 6] },
    };
    const workbench = fakeWorkbench({
      'trial.curves': [
        { trial: 'runs', stored: false, curves: [before] },
        { trial: 'ended', stored: true, curves: [{ name: 'loss', x: 'step', points: [[5, null]], axes: {} }] },
      ],
    });
    useClient().start(workbench.client);
    const studies = useStudies();
    workbench.push(point(3));
    workbench.push(point(4));
    const ended = await studies.readCurves(['runs', 'ended']);
    workbench.push(point(5));
    expect(
      studies.live
        .get('runs')
        ?.get('loss')
        ?.map(({ x }) => x),
    ).toEqual([0, 1, 2, 3, 4, 5]);
    expect(
      studies.live
        .get('runs')
        ?.get('loss')
        ?.map(({ places }) => places?.seconds),
    ).toEqual([0, 2, 4, 6, 8, 10]);
    expect([...ended]).toEqual([
      ['ended', new Map([['loss', { x: 'step', points: [{ x: 5, y: Number.NaN, places: {} }] }]])],
    ]);
    expect(studies.live.has('ended')).toBe(false);
  });
});

describe('live curves', () => {
  test('a long curve is thinned but keeps its ends', () => {
    let points: LivePoint[] = [];
    for (let x = 0; x < 5000; x++) points = appendPoint(points, { x, y: x }, 600);
    expect(points.length).toBeLessThanOrEqual(600);
    expect([points[0]?.x, points.at(-1)?.x]).toEqual([0, 4999]);
    expect(points.every((point, index) => index === 0 || point.x > (points[index - 1]?.x ?? 0))).toBe(true);
  });

  test('a trial that resumed from its checkpoint overwrites what came after it', () => {
    let points: LivePoint[] = [];
    for (const [x, y] of [
      [1, 10],
      [2, 20],
      [3, 30],
      [2, 21],
    ] as const)
      points = appendPoint(points, { x, y }, 600);
    expect(points).toEqual([
      { x: 1, y: 10 },
      { x: 2, y: 21 },
    ]);
  });
});

test('a look becomes colours of the theme: the same for CSS and for charts', () => {
  const look = useAppearance().shown({ colour: '3', marker: 'plus', dash: 'dotted' });
  expect({ ...look }).toEqual({
    css: 'var(--series-3)',
    colour: 'literal of --series-3',
    marker: 'plus',
    dash: 'dotted',
  });
});

test('view changes are undone and done again, a new one forgets the undone', () => {
  const history = useViewHistory();
  const shown: string[] = [];
  const change = (name: string) => ({
    label: name,
    undo: () => {
      shown.push(`-${name}`);
    },
    redo: () => {
      shown.push(`+${name}`);
    },
  });
  history.record(change('a'));
  history.record(change('b'));
  history.undo();
  history.redo();
  history.undo();
  history.record(change('c'));
  history.redo();
  history.undo();
  expect(shown).toEqual(['-b', '+b', '-b', '-c']);
});
