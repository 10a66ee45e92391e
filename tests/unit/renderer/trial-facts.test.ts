import { describe, expect, it } from 'vitest';
import type { LineSeries } from '../../../src-renderer/charts/options/lines.ts';
import { lookedLike } from '../../../src-renderer/views/trial/trial-model.ts';
import {
  measuredFacts,
  originSentence,
  settingFacts,
  shownMetrics,
} from '../../../src-renderer/views/trial/trial-facts.ts';

describe('facts of a trial', () => {
  const metrics = shownMetrics(
    {
      metrics: [
        { id: 'nll', value: 0.5 },
        { id: 'own', value: 2 },
        { id: 'acc', value: 0.9 },
      ],
    },
    ['acc', 'nll'],
    new Map([['acc', { title: 'Accuracy', formula: 'right / all', unit: 'share', direction: 'higher' }]]),
  );
  it('have the suite’s metrics first, and all of them', () =>
    expect(metrics.map(({ id, title, value, unit }) => [id, title, value, unit])).toEqual([
      ['acc', 'Accuracy', '90.00', '%'],
      ['nll', 'nll', '0.500', ''],
      ['own', 'own', '2.000', ''],
    ]));
  it('name what is not finite', () =>
    expect(measuredFacts(metrics, [], { barrier: null, temperature: 1.5 }).slice(-2)).toEqual([
      { label: 'barrier', value: 'not finite' },
      { label: 'temperature', value: '1.5000' },
    ]));
  it('say which settings are not the usual ones', () => {
    const field = { name: 'lambda', default: 200, defaultMeans: null, description: 'Strength' };
    const rate = { name: 'rate', default: 0, defaultMeans: 'the suite’s own', description: 'Learning rate' };
    const spec = {
      suite: 's',
      method: 'm',
      hyperParameters: { lambda: 1, other: 2, rate: 0 },
      seed: 0,
      fold: null,
      backend: 'b',
    };
    const facts = settingFacts({ spec }, { fields: [field, rate] });
    expect(facts.map(({ label, value, usual }) => [label, value, usual])).toEqual([
      ['lambda', '1', '200'],
      ['other', '2', undefined],
      ['rate', 'the suite’s own', undefined],
    ]);
  });
  it('say where an imported trial comes from, and whether it was checked', () => {
    const imported = { name: 'Theirs', program: '0.1.0', exportedAt: 0, importedAt: 0, checked: false };
    expect(originSentence({ imported })).toMatch(
      /Imported on .* from “Theirs”, which Touchstone 0\.1\.0 wrote .*Not checked.*never ranked/,
    );
    expect(originSentence({ imported: { ...imported, checked: true } })).toMatch(/follow from the answers/);
    expect(originSentence({ imported: null })).toBeNull();
  });
});

describe('lines of one trial', () => {
  it('have the method’s colour and are told apart by marker and dash', () => {
    const lines = lookedLike(
      ['train', 'validation'].map((name): LineSeries => ({ key: name, name, points: [] })),
      { colour: '#0072b2', marker: 'square', dash: 'dotted' },
    );
    expect(lines.map(({ color, marker, dash }) => [color, marker, dash])).toEqual([
      ['#0072b2', 'square', 'dotted'],
      ['#0072b2', 'triangle', 'dash-dot'],
    ]);
  });
});
