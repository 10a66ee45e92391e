import { afterEach, beforeEach, expect, it } from 'vitest';
import { ended, openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

const folders: { path: string; remove(): void }[] = [];
const benches: Bench[] = [];
let bench: Bench;
const open = async (): Promise<Bench> => {
  const folder = temporaryFolder();
  folders.push(folder);
  const opened = await openBench(folder.path);
  benches.push(opened);
  return opened;
};
beforeEach(async () => {
  bench = await open();
});
afterEach(async () => {
  for (const one of benches.splice(0)) await one.workbench.close({ graceful: false });
  for (const folder of folders.splice(0)) folder.remove();
});

it('a report is made in every format, and its JSON gives the study again on another machine without loss', async () => {
  const { workbench, store } = bench;
  const study = await workbench.call(
    'study.create',
    request(['fake-ensemble', 'fake-broken'], { references: true, seeds: [0, 1, 2] }),
  );
  await ended(workbench, study.id);
  const { files } = await workbench.call('report.make', {
    study: study.id,
    formats: ['html', 'markdown', 'latex', 'csv', 'json'],
  });
  const name = `test-${study.id.slice(0, 8)}`;
  expect(files.map((file) => file.name)).toEqual(['html', 'md', 'tex', 'csv', 'json'].map((end) => `${name}.${end}`));
  for (const { text } of files) expect(text.length).toBeGreaterThan(100);
  const text = files.at(-1)?.text ?? '';

  const other = await open();
  const done = study.counts.queued + study.counts.waiting + study.counts.running;
  // With the mark that editors of Windows put before a text.
  const imported = await other.workbench.call('report.import', { text: `\uFEFF${text}` });
  expect(imported).toMatchObject({ trials: done, alreadyThere: 0, notChecked: 0 });
  expect(imported.study).not.toBe(study.id);
  expect(await other.workbench.call('report.import', { text: `\uFEFF${text}` })).toMatchObject({
    study: imported.study,
    trials: 0,
    alreadyThere: done,
  });
  const before = await workbench.call('study.get', { id: study.id });
  const after = await other.workbench.call('study.get', { id: imported.study });
  expect(after).toMatchObject({ state: 'failed', counts: before.counts, imported: { name: 'test' } });
  before.trials.forEach(({ id }, i) => {
    const copy = after.trials[i]?.id ?? '';
    expect(copy).not.toBe(id);
    expect(other.store.trial(copy)).toMatchObject({ checked: true });
    expect(other.store.primitives(copy)).toEqual(store.primitives(id));
    expect(other.store.metrics(copy)).toEqual(store.metrics(id));
    expect(other.store.cost(copy)).toEqual(store.cost(id));
  });
  const board = async (one: Bench, of: string) => {
    const { rows } = await one.workbench.call('leaderboard.get', { study: of, metrics: ['acc.test', 'nll.test'] });
    return rows.map(({ method, cells, cost }) => ({
      method,
      cost,
      cells: cells.map(({ estimate, rank, best, tiedWithBest }) => [
        estimate && { ...estimate, values: estimate.values.map(({ seed, value }) => [seed, value]) },
        rank,
        best,
        tiedWithBest,
      ]),
    }));
  };
  expect(await board(other, imported.study)).toEqual(await board(bench, study.id));
  expect(JSON.stringify(await other.workbench.call('leaderboard.get', {}))).toContain('imported from');

  // And out again: what leaves has the ids that it came with, and is found to be the same once more.
  const again = await other.workbench.call('report.make', { study: imported.study, formats: ['json'] });
  const third = await open();
  expect(await third.workbench.call('report.import', { text: again.files[0]?.text ?? '' })).toMatchObject({
    trials: done,
    notChecked: 0,
  });

  // What is asked for here is computed here, whatever came with a report; the imported study stays as it is.
  const asked = request(['fake-ensemble'], { references: true, seeds: [0] });
  expect(await other.workbench.call('study.plan', asked)).toMatchObject({ alreadyDone: 0 });
  for (const operation of ['study.resume', 'study.retry'] as const)
    await expect(other.workbench.call(operation, { id: imported.study })).rejects.toMatchObject({
      failure: { kind: 'refused', message: expect.stringContaining('was imported') },
    });
  // Artefacts do not travel: a trial that needs one makes it here.
  const more = await other.workbench.call(
    'study.create',
    request(['fake-ensemble'], { methods: [{ method: 'fake-ensemble', hyperParameters: { size: 2 } }], seeds: [0] }),
  );
  expect((await ended(other.workbench, more.id)).state).toBe('done');
});

it('a report that was changed is refused and nothing is taken up', async () => {
  const { workbench } = bench;
  const study = await workbench.call('study.create', request(['fake-walk'], { seeds: [0] }));
  await ended(workbench, study.id);
  const { files } = await workbench.call('report.make', { study: study.id, formats: ['json'] });
  const other = await open();
  const text = files[0]?.text ?? '';
  await expect(
    other.workbench.call('report.import', { text: text.replaceAll('"seed":0', '"seed":1') }),
  ).rejects.toMatchObject({ failure: { kind: 'invalid-input', message: expect.stringContaining('was changed') } });
  await expect(other.workbench.call('report.import', { text: text.slice(0, -20) })).rejects.toMatchObject({
    failure: { kind: 'invalid-input' },
  });
  expect(await other.workbench.call('study.list', {})).toEqual([]);
});

it('two methods are compared by seed', async () => {
  const { workbench } = bench;
  const study = await workbench.call('study.create', {
    ...request([]),
    methods: [
      { method: 'fake-walk', hyperParameters: {} },
      { method: 'fake-walk', hyperParameters: { size: 2 } },
    ],
    seeds: [0, 1],
  });
  await ended(workbench, study.id);
  const board = await workbench.call('leaderboard.get', { study: study.id });
  expect(board.rows.map(({ key, name }) => [key === 'fake-walk', name])).toEqual([
    [true, 'Fake fake-walk, default'],
    [false, 'Fake fake-walk, size 2'],
  ]);
  const comparison = await workbench.call('compare.get', {
    study: study.id,
    suite: 'fake/suite',
    metric: 'acc.test',
    rows: board.rows.map(({ key }) => key),
  });
  expect(comparison.pairs[0]).toMatchObject({ n: 2, mean: 0 });
  expect(comparison.pairs[0]?.sentence).toMatch(/Fake fake-walk, default and Fake fake-walk, size 2/);
  expect(comparison.differences).toEqual([
    { name: 'size', values: { [board.rows[0]?.key ?? '']: 1, [board.rows[1]?.key ?? '']: 2 } },
  ]);
  await expect(
    workbench.call('compare.get', { suite: 'fake/suite', metric: 'acc.test', rows: ['fake-walk', 'nothing'] }),
  ).rejects.toMatchObject({ failure: { kind: 'not-found' } });
});

it('results that are here already come back as rows without a rank, and change no rank and no mark', async () => {
  const { workbench } = bench;
  const settings: readonly Record<string, number>[] = [{}, { size: 2 }, { size: 3 }];
  const asked = {
    ...request([]),
    methods: settings.map((hyperParameters) => ({ method: 'fake-walk', hyperParameters })),
  };
  const first = await workbench.call('study.create', { ...asked, seeds: [0, 1, 2, 3, 4] });
  await ended(workbench, first.id);
  const { files } = await workbench.call('report.make', { study: first.id, formats: ['json'] });
  // Some of the seeds that the file has are all that is here: on this machine, and on one that had the file before.
  const other = await open();
  const some = await other.workbench.call('study.create', { ...asked, seeds: [3, 4, 5, 6, 7] });
  await ended(other.workbench, some.id);

  const query = { metrics: ['acc.test'], baseline: 'fake-walk' };
  for (const one of [bench, other]) {
    const before = await one.workbench.call('leaderboard.get', query);
    await one.workbench.call('report.import', { text: files[0]?.text ?? '' });
    // A file of other bytes with the same results.
    await one.workbench.call('report.import', { text: `${files[0]?.text ?? ''}\n\n` });
    const after = await one.workbench.call('leaderboard.get', query);
    const own = after.rows.filter(({ imported }) => imported === null);
    // What tells lines apart in a picture is by all that are on it.
    const withoutLook = ({ look: _, ...row }: (typeof own)[number]): object => row;
    expect(own.map(withoutLook)).toEqual(before.rows.map(withoutLook));
    const copies = after.rows.filter(({ imported }) => imported !== null);
    expect(copies).toHaveLength(6);
    for (const { key, imported, cells, meanRank } of copies) {
      const same = own.find((row) => key.startsWith(`${row.key}^`));
      expect(imported).toMatchObject({ checked: true, hereAs: same?.name });
      expect(meanRank).toBeNull();
      expect(cells[0]).toMatchObject({ rank: null, p: null, best: false });
      expect(cells[0]?.why).toContain(`These results are here already, as ${same?.name ?? ''}`);
    }
    const { family } = await one.workbench.call('compare.get', {
      suite: 'fake/suite',
      metric: 'acc.test',
      rows: after.rows.slice(0, 6).map(({ key }) => key),
    });
    expect(family.configurations).toBe(3);
  }

  // Where only imports are, the first of them is ranked.
  const third = await open();
  await third.workbench.call('report.import', { text: files[0]?.text ?? '' });
  await third.workbench.call('report.import', { text: `${files[0]?.text ?? ''}\n` });
  const { rows } = await third.workbench.call('leaderboard.get', query);
  expect(rows.map(({ imported, cells }) => [imported?.hereAs === null, cells[0]?.rank !== null])).toEqual(
    [true, true, true, false, false, false].map((isFirst) => [isFirst, isFirst]),
  );
});
