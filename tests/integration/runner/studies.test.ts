import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ended, request, when } from '../../fixtures/fake-workbench.ts';
import { benchOfEach } from './bench-of-each.ts';

const { open } = benchOfEach();

describe('a study', () => {
  it('takes more seeds and methods: only what is new runs, and the request stands for all of it', async () => {
    const { workbench, notes } = await open();
    const walk = (steps: number) => ({ method: 'fake-slow', hyperParameters: { steps } });
    const made = await workbench.call('study.create', request([], { methods: [walk(4)], seeds: [0, 1] }));
    expect((await ended(workbench, made.id)).counts.done).toBe(2);
    const before = notes().length;
    const more = await workbench.call('study.extend', { id: made.id, methods: [walk(5)], seeds: [2] });
    expect(more.state).toBe('running');
    expect((await ended(workbench, made.id)).counts.done).toBe(6);
    // Seed 2 of the old configuration, and three seeds of the new one.
    expect(notes().length - before).toBe(4 + 3 * 5);
    const { request: asked, trials } = await workbench.call('study.get', { id: made.id });
    expect([asked.seeds, asked.methods.length, trials.length]).toEqual([[0, 1, 2], 2, 6]);
    await expect(workbench.call('study.extend', { id: made.id, seeds: [2] })).rejects.toThrow(
      'has all of that already',
    );
  });

  it(
    'answers the curves of trials that run as far as they have come, and those of ended ones as they ' + 'were stored',
    async () => {
      const { workbench } = await open();
      const slow = { method: 'fake-slow', hyperParameters: { steps: 60 } };
      const second = when(workbench, (event) => (event.kind === 'curve-point' && event.x > 5 ? event : null));
      const made = await workbench.call('study.create', request([], { methods: [slow], seeds: [0] }));
      const point = await second;
      const ask = { trials: [point.trial, 'unknown'] };
      const [running, unknown] = await workbench.call('trial.curves', ask);
      expect(running).toMatchObject({ trial: point.trial, stored: false });
      const live = running?.curves.find(({ name }) => name === point.name);
      expect(live?.points.length).toBeGreaterThan(1);
      expect(live?.points.at(-1)).toEqual([point.x, point.y]);
      expect(live?.axes.seconds?.at(-1)).toBe(point.places.seconds);
      expect(unknown).toEqual({ trial: 'unknown', stored: false, curves: [] });

      await ended(workbench, made.id);
      const [done] = await workbench.call('trial.curves', ask);
      const detail = await workbench.call('trial.get', { id: point.trial });
      expect(done).toEqual({
        trial: point.trial,
        stored: true,
        curves: detail.curves,
      });
      expect(done?.curves.length).toBeGreaterThan(0);
    },
  );

  it('runs its trials in workers and fills a leaderboard', async () => {
    const { workbench } = await open();
    const study = await workbench.call(
      'study.create',
      request(['fake-slow'], { references: true, methods: [{ method: 'fake-slow', hyperParameters: { steps: 12 } }] }),
    );
    const end = await ended(workbench, study.id);
    expect(end).toMatchObject({ state: 'done', counts: { done: 6, failed: 0 } });
    expect(end.finishedAt).not.toBeNull();
    const board = await workbench.call('leaderboard.get', { study: study.id, metrics: ['acc.test'] });
    expect(
      board.rows.map(({ method, reference, cells }) => [method, reference, cells[0]?.state, cells[0]?.estimate?.n]),
    ).toEqual([
      ['fake-slow', null, 'done', 2],
      ['fake-walk', 'lower', 'done', 2],
      ['fake-oracle', 'upper', 'done', 2],
    ]);
    const three = { study: study.id, metrics: ['acc.test', 'nll.test', 'ece15.test'] };
    const all = await workbench.call('leaderboard.get', three);
    expect(all.available).toEqual(all.columns);
    expect(all.columns).toHaveLength(3);
    expect(await workbench.call('leaderboard.get', { ...three, room: 2 })).toMatchObject({
      columns: all.columns.slice(0, 2),
      available: all.columns,
    });
    // Ranks are over the headline, asked for or not.
    const last = all.columns.slice(-1);
    expect((await workbench.call('leaderboard.get', { ...three, columns: last })).columns).toEqual([
      ...all.columns.slice(0, 1),
      ...last,
    ]);
    const detail = await workbench.call('study.get', { id: study.id.slice(0, 8) });
    const first = detail.trials[0];
    const trial = await workbench.call('trial.get', { id: first?.id ?? '' });
    expect(trial.cost).toMatchObject({ steps: 12, parameters: 6 });
    expect(trial.confusion?.counts).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(trial.calibration).toMatchObject({
      why: null,
      curves: [{ task: null, samples: 2, error: trial.metrics.find(({ id }) => id === 'ece15.test')?.value }],
    });
    expect(trial.calibration.curves?.[0]?.bins.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(trial.command).toBe(
      'touchstone run fake/suite --methods fake-slow:size=1:steps=12 --seeds 0 --backend wasm --no-references',
    );
    expect(trial.environment).toMatchObject({ backend: 'wasm', numerics: 'fake-1' });
  });

  it('says how long it will take, keeps what it said, and measures the error', async () => {
    const { workbench } = await open({ capacity: () => 1 });
    const slow = (seeds: number[]) =>
      request([], { seeds, methods: [{ method: 'fake-slow', hyperParameters: { steps: 20 } }] });
    await ended(workbench, (await workbench.call('study.create', slow([0]))).id);
    const plan = await workbench.call('study.plan', slow([1, 2, 3, 4]));
    expect(plan.fromOthers).toBe(false);
    expect(plan.slowest[0]).toMatchObject({ suite: 'fake/suite', seconds: expect.any(Number) });
    // Other methods, and suites of the same data and budget, say about how long.
    const another = await workbench.call('study.plan', request(['fake-walk'], { seeds: [1, 2, 3, 4] }));
    const elsewhere = await workbench.call('study.plan', { ...slow([1, 2, 3, 4]), suites: ['fake/other'] });
    for (const { seconds, fromOthers } of [another, elsewhere])
      expect([seconds, fromOthers]).toEqual([expect.closeTo(plan.seconds ?? 0), true]);
    const pids: (number | null)[] = [];
    const started = new Set<string>();
    workbench.subscribe((event) => {
      if (event.kind !== 'trial' || event.trial.state !== 'running' || started.has(event.trial.id)) return;
      started.add(event.trial.id);
      pids.push(workbench.workerPid(event.trial.id));
    });
    const study = await workbench.call('study.create', slow([1, 2, 3, 4]));
    expect(study.eta).toBeCloseTo(plan.seconds ?? 0, 6);
    const end = await ended(workbench, study.id);
    const { forecasts } = await workbench.call('study.get', { id: study.id });
    // One worker for the four: its backend is opened and its data read once.
    expect(new Set(pids).size).toBe(1);
    expect(pids).toHaveLength(4);
    expect(forecasts.map(({ mark, open }) => [mark, open])).toEqual([
      ['start', 4],
      ['half', 2],
    ]);
    const [start] = forecasts;
    expect(start?.predicted).toBeCloseTo(plan.seconds ?? 0, 6);
    expect(start?.actual).toBeCloseTo(((end.finishedAt ?? 0) - (start?.madeAt ?? 0)) / 1000, 6);
    expect(start?.error).toBeCloseTo((start?.predicted ?? 0) / (start?.actual ?? 1) - 1, 9);
    // A pause makes void what was said.
    const other = await workbench.call('study.create', slow([5, 6, 7]));
    await workbench.call('study.pause', { id: other.id });
    expect((await workbench.call('study.get', { id: other.id })).forecasts).toEqual([]);
  });

  it('does not run a finished trial again, nor one twice that two studies share', async () => {
    const { workbench, notes } = await open();
    const first = await workbench.call('study.create', request(['fake-walk'], { name: 'first' }));
    const second = await workbench.call('study.create', request(['fake-walk'], { name: 'second', seeds: [1, 2] }));
    await Promise.all([ended(workbench, first.id), ended(workbench, second.id)]);
    expect(notes().sort()).toEqual(['walk 0', 'walk 1', 'walk 2']);
    const plan = await workbench.call('study.plan', request(['fake-walk'], { seeds: [0, 1, 2, 3] }));
    expect(plan).toMatchObject({ trials: 4, alreadyDone: 3 });
    const third = await workbench.call('study.create', request(['fake-walk']));
    expect((await ended(workbench, third.id)).counts.done).toBe(2);
    expect(notes()).toHaveLength(3);
  });

  it('runs artefact trials first and once, and hands their artefacts over', async () => {
    const { workbench, notes } = await open();
    const study = await workbench.call('study.create', {
      ...request([]),
      methods: [
        { method: 'fake-ensemble', hyperParameters: { size: 1 } },
        { method: 'fake-ensemble', label: 'big steps', hyperParameters: { size: 2 } },
      ],
      seeds: [3],
    });
    expect(study.counts).toMatchObject({ waiting: 2 });
    expect((await ended(workbench, study.id)).state).toBe('done');
    expect(notes()[0]).toBe('member 3');
    expect(notes().filter((line) => line === 'member 3')).toHaveLength(1);
    const { trials } = await workbench.call('study.get', { id: study.id });
    expect(trials.map(({ role }) => role).sort()).toEqual(['artefact', 'cell', 'cell']);
    const member = await workbench.call('trial.get', { id: trials.find(({ role }) => role === 'artefact')?.id ?? '' });
    const cell = await workbench.call('trial.get', { id: trials.find(({ role }) => role === 'cell')?.id ?? '' });
    expect(cell.scalars['member']).toBe(member.scalars['final']);
    // 30 steps of its own and the member's 30: what a result is made of is part of its price.
    expect(cell.cost).toMatchObject({ steps: 60, examples: 180 });
    expect(cell.seconds).toBeLessThan(cell.cost?.['seconds'] ?? 0);
    expect(cell.notes.at(-1)).toContain('The cost includes the trial whose artefacts were used');
  });

  it('hands over any of the artefacts of one trial, each by its name, and makes the trial once', async () => {
    const { workbench, notes, store } = await open();
    const study = await workbench.call('study.create', request(['fake-ensemble', 'fake-follower'], { seeds: [4] }));
    expect((await ended(workbench, study.id)).state).toBe('done');
    expect(notes().filter((line) => line === 'member 4')).toHaveLength(1);
    const done = store.trialsInState('done');
    const [maker, follower] = ['fake-member', 'fake-follower'].map((id) => done.find(({ method }) => method === id));
    expect(store.needs(follower?.id ?? '')).toEqual({ 'member/0': `${maker?.id}#trail` });
    expect(Object.keys(store.artefactFiles(maker?.id ?? ''))).toEqual(['model', 'trail']);
    // The walk has 30 steps and a trail of 4 places: place 0 holds step 28.
    expect((await workbench.call('trial.get', { id: follower?.id ?? '' })).scalars['member']).toBe(28);
  });

  it('says which artefact a trial did not leave', async () => {
    const { workbench } = await open();
    const study = await workbench.call('study.create', request(['fake-lost'], { seeds: [4] }));
    expect((await ended(workbench, study.id)).counts).toMatchObject({ done: 1, failed: 1 });
    const { trials } = await workbench.call('study.get', { id: study.id });
    const lost = trials.find(({ spec }) => spec.method === 'fake-lost');
    expect(lost?.failure?.message).toMatch(
      /needs "diary" of trial [0-9a-f]{12} as "member\/0", and that trial left none/,
    );
  });

  it('uses no artefact that is damaged: it says which, and a retry makes it again', async () => {
    const { workbench, store } = await open();
    const asking = (size: number): Parameters<typeof workbench.call<'study.create'>>[1] => ({
      ...request([]),
      methods: [{ method: 'fake-ensemble', hyperParameters: { size } }],
      seeds: [3],
    });
    await ended(workbench, (await workbench.call('study.create', asking(1))).id);
    const [maker] = store.trialsInState('done').filter(({ method }) => method === 'fake-member');
    const path = store.blobs.path(store.artefactFiles(maker?.id ?? '')['model']?.hash ?? '');
    const good = readFileSync(path);
    writeFileSync(path, good.with(-1, (good.at(-1) ?? 0) ^ 1));
    const again = await workbench.call('study.create', asking(2));
    expect(await ended(workbench, again.id)).toMatchObject({ state: 'failed', counts: { done: 0, failed: 2 } });
    const { trials } = await workbench.call('study.get', { id: again.id });
    for (const { failure } of trials) expect(failure?.message).toContain(path);
    await workbench.call('study.retry', { id: again.id });
    expect(await ended(workbench, again.id)).toMatchObject({ state: 'done', counts: { done: 2, failed: 0 } });
    expect(readFileSync(path).equals(good)).toBe(true);
  });

  it('tells what failed and why, and what failed with it', async () => {
    const { workbench } = await open();
    const study = await workbench.call('study.create', request(['fake-orphan', 'fake-walk'], { seeds: [0] }));
    const end = await ended(workbench, study.id);
    expect(end).toMatchObject({ state: 'failed', counts: { done: 1, failed: 2 } });
    const { trials } = await workbench.call('study.get', { id: study.id });
    expect(trials.find(({ spec }) => spec.method === 'fake-broken')?.failure).toMatchObject({
      kind: 'RangeError',
      message: 'it broke at step 3',
      attempts: 1,
    });
    expect(trials.find(({ spec }) => spec.method === 'fake-orphan')?.failure).toMatchObject({ kind: 'dependency' });
    expect(trials.find(({ spec }) => spec.method === 'fake-orphan')?.failure?.message).toContain('it broke at step 3');
    // Both are queued again by a retry, in their order, and fail for the same reason.
    const again = ended(workbench, study.id);
    expect((await workbench.call('study.retry', { id: study.id })).state).toBe('running');
    expect((await again).counts.failed).toBe(2);
  });

  it('keeps its warnings to itself, and says in each line which trial speaks', async () => {
    const { workbench, events } = await open();
    const create = request(['fake-picky', 'fake-broken'], { seeds: [0] });
    const study = await workbench.call('study.create', {
      ...create,
      methods: [...create.methods, { method: 'fake-broken', hyperParameters: { size: 2 } }],
    });
    await ended(workbench, study.id);
    const other = await workbench.call('study.create', request(['fake-walk'], { seeds: [7] }));
    await ended(workbench, other.id);
    const lines = events.flatMap((event) => (event.kind === 'log' && event.level !== 'info' ? [event] : []));
    expect(lines.every(({ studies }) => studies.length === 1 && studies[0] === study.id)).toBe(true);
    expect(lines.find(({ trial }) => trial === null)?.message).toMatch(/^fake-picky on fake\/suite is left out\./);
    expect(lines.flatMap(({ trial, about }) => (trial === null ? [] : [about])).sort()).toEqual([
      'Fake suite fake/suite, Fake fake-broken, seed 0',
      'Fake suite fake/suite, Fake fake-broken, size 2, seed 0',
    ]);
    const { leftOut, configurations } = await workbench.call('study.get', { id: study.id });
    expect(leftOut).toEqual([
      { suite: 'fake/suite', method: 'fake-picky', reason: expect.stringContaining('needs tasks') },
    ]);
    expect(configurations.map(({ name }) => name)).toEqual(['Fake fake-broken, default', 'Fake fake-broken, size 2']);
  });

  it('runs seed 0 of every method before seed 1', async () => {
    const { workbench, notes } = await open({ capacity: () => 1 });
    const methods = ['fake-walk', 'fake-slow'].map((method) => ({ method, hyperParameters: { steps: 20 } }));
    const study = await workbench.call('study.create', { ...request([]), methods, seeds: [0, 1, 2, 3] });
    await ended(workbench, study.id);
    const started = new Set(notes().map((line) => line.split(' ').slice(0, 2).join(' ')));
    const seeds = [...started].map((line) => Number(line.split(' ')[1]));
    expect(seeds.slice(0, 6)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('refuses what makes no sense with a sentence', async () => {
    const { workbench } = await open();
    const create = (more: Parameters<typeof request>[1], methods = ['fake-walk']): Promise<unknown> =>
      workbench.call('study.create', request(methods, more));
    await expect(create({ suites: ['fake/suit'] })).rejects.toMatchObject({
      failure: { kind: 'not-found', message: 'There is no suite "fake/suit". Did you mean "fake/suite"?' },
    });
    await expect(create({}, ['fake-walkk'])).rejects.toMatchObject({
      failure: { kind: 'not-found', message: 'There is no method "fake-walkk". Did you mean "fake-walk"?' },
    });
    await expect(create({ methods: [{ method: 'fake-walk', hyperParameters: { stepz: 3 } }] })).rejects.toMatchObject({
      failure: {
        kind: 'invalid-input',
        message: 'Fake fake-walk has no hyper-parameter "stepz". Did you mean "steps"? It has: steps, size.',
      },
    });
    await expect(create({ methods: [{ method: 'fake-walk', hyperParameters: { size: 11 } }] })).rejects.toMatchObject({
      failure: { kind: 'invalid-input', message: 'Fake fake-walk: size must be a number from 0.001 to 10, not 11.' },
    });
    await expect(create({}, ['fake-picky'])).rejects.toMatchObject({
      failure: { kind: 'refused', message: expect.stringContaining('The picky method needs tasks') },
    });
    await expect(create({ backend: 'tensorflow-cpu' })).rejects.toMatchObject({
      failure: { kind: 'engine', message: expect.stringContaining('the fake knows no TensorFlow') },
    });
    await expect(create({ seeds: [] })).rejects.toMatchObject({ failure: { kind: 'invalid-input' } });
    expect(await workbench.call('study.list', {})).toEqual([]);
    const plan = await workbench.call('study.plan', request(['fake-picky', 'fake-walk']));
    expect(plan).toMatchObject({ trials: 2, refused: [{ suite: 'fake/suite', method: 'fake-picky' }] });
    expect(plan.warnings[0]).toContain('2 seeds');
  });

  it('says which data set is missing', async () => {
    const { workbench } = await open({ dataPresent: false });
    await expect(workbench.call('study.create', request(['fake-walk']))).rejects.toMatchObject({
      failure: { kind: 'data', message: expect.stringContaining('fake-data') },
    });
    expect((await workbench.call('catalogue.suites', {}))[0]).toMatchObject({ ready: false, missing: ['fake-data'] });
  });
});
