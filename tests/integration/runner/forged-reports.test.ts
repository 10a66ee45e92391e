import fc from 'fast-check';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formerTrialId } from '../../../src-main/results/former-identity.ts';
import { ended, openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

/**
 * Reports that somebody has changed, by hand or by accident: refused with a sentence or taken for what they are, and
 * never half stored.
 */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
interface Report {
  version: number;
  definitions?: Record<string, number>;
  study: Record<string, Json>;
  suites: { datasets: Json[] }[];
  trials: (Record<string, Json> & {
    metrics: Record<string, Json>;
    primitives: { matrices: Record<string, Json>; probabilities: Record<string, Record<string, Json>> };
  })[];
}

const folders: { path: string; remove(): void }[] = [];
const benches: Bench[] = [];
let text: string;
let bench: Bench;
async function open(): Promise<Bench> {
  const folder = temporaryFolder();
  folders.push(folder);
  const opened = await openBench(folder.path);
  benches.push(opened);
  return opened;
}
beforeAll(async () => {
  const source = await open();
  const study = await source.workbench.call('study.create', request(['fake-walk'], { seeds: [0, 1] }));
  await ended(source.workbench, study.id);
  text = (await source.workbench.call('report.make', { study: study.id, formats: ['json'] })).files[0]?.text ?? '';
  bench = await open();
});
afterAll(async () => {
  for (const one of benches.splice(0)) await one.workbench.close({ graceful: false });
  for (const folder of folders.splice(0)) folder.remove();
});

const BOARD = { metrics: ['acc.test'] };
const former = z.looseObject({
  suite: z.string(),
  suiteVersion: z.number(),
  protocolHash: z.string(),
  method: z.string(),
  methodVersion: z.number(),
  sourceHash: z.null(),
  dataHashes: z.array(z.string()),
  hyperParameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  seed: z.number(),
  backend: z.string(),
  numerics: z.string(),
});
/** A trial as programs wrote it whose ids had no part in artefacts. */
function asFormer(trial: Report['trials'][number]): void {
  const said = former.parse(trial);
  trial['id'] = formerTrialId({ ...said, data: said.dataHashes });
  delete trial['driver'];
  delete trial['fold'];
  delete trial['artefacts'];
}
const report = (): Report => JSON.parse(text);
const first = (changed: Report): Report['trials'][number] => {
  const [trial] = changed.trials;
  if (trial === undefined) throw new Error('the report has trials');
  return trial;
};
async function take(changed: unknown): Promise<{ study: string; trials: number; notChecked: number }> {
  return bench.workbench.call('report.import', { text: JSON.stringify(changed) });
}
/** As `take`, of a report that a function has changed. */
function taken(change: (json: Report) => void): ReturnType<typeof take> {
  const json = report();
  change(json);
  return take(json);
}
async function everything(): Promise<string> {
  const { workbench } = bench;
  const studies = await workbench.call('study.list', {});
  const board = await workbench.call('leaderboard.get', BOARD);
  return JSON.stringify([studies, board]);
}

describe('refused, with nothing stored', () => {
  const ALTERED: [name: string, change: (json: Report) => void, message: RegExp][] = [
    [
      'a better metric',
      (json) => (first(json).metrics['acc.test'] = 0.99),
      /acc\.test of trial .* seed 0\) is 0\.99 .* gives/,
    ],
    ['another seed', (json) => (first(json)['seed'] = 7), /does not fit the trial's id/],
    ['another data set', (json) => (first(json)['dataHashes'] = ['e'.repeat(64)]), /does not fit the trial's id/],
    [
      'two data sets in the suite, so that ids cannot be computed',
      (json) => {
        first(json)['seed'] = 7;
        json.suites.forEach(({ datasets }) => datasets.push(...datasets));
      },
      /does not fit the trial's id/,
    ],
    ['no request', (json) => (json.study['request'] = null), /study\.request/],
    ['a request of an unknown backend', (json) => (json.study['backend'] = 'abacus'), /study\.backend/],
    ['a seed and a half', (json) => (first(json)['seed'] = 1.5), /trials\.0\.seed/],
    ['a version of 2⁶⁰', (json) => (first(json)['suiteVersion'] = 2 ** 60), /suiteVersion/],
    ['a date of 10³⁰⁰', (json) => (json.study['createdAt'] = 1e300), /createdAt/],
    [
      '100,000 classes without a sample',
      (json) =>
        Object.assign(first(json).primitives.probabilities['test'] ?? {}, { classes: 100_000, values: '', labels: '' }),
      /classes/,
    ],
    [
      'a trial that is done and measured nothing',
      (json) => Object.assign(first(json), { primitives: null }),
      /is done/,
    ],
    [
      'answers that are no probabilities',
      (json) => {
        const test = first(json).primitives.probabilities['test'];
        const classes = Number(test?.['classes']);
        const values = new Float32Array(Buffer.from(String(test?.['values']), 'base64').length / 4).fill(2 / classes);
        Object.assign(test ?? {}, { values: Buffer.from(values.buffer).toString('base64') });
      },
      /no probabilities/,
    ],
    ['control characters in a name', (json) => (json.study['name'] = 'a\u001b[2J'), /study\.name/],
    ['negative costs', (json) => Object.assign(Object(first(json)['cost']), { seconds: -1 }), /cost\.seconds/],
  ];
  it.each(ALTERED)('%s', async (_, change, message) => {
    const before = await everything();
    await expect(taken(change)).rejects.toMatchObject({
      failure: { kind: 'invalid-input', message: expect.stringMatching(message) },
    });
    expect(await everything()).toBe(before);
  });
});

describe('taken, but not checked and not ranked', () => {
  it.each<[string, (json: Report) => void]>([
    [
      'an older format',
      (json) => {
        json.version = 1;
        delete json.definitions;
        for (const trial of json.trials) {
          asFormer(trial);
          delete trial['dataHashes'];
          delete trial['sourceHash'];
        }
      },
    ],
    [
      'metrics without the answers that they were taken from',
      (json) => json.trials.forEach(({ primitives }) => (primitives.probabilities = {})),
    ],
  ])('%s', async (name, change) => {
    const before = await bench.workbench.call('leaderboard.get', BOARD);
    const { study, trials, notChecked } = await taken((json) => {
      json.study['name'] = name;
      change(json);
    });
    expect(notChecked).toBe(trials);
    const { rows, warnings } = await bench.workbench.call('leaderboard.get', { study, ...BOARD });
    expect(rows.map(({ imported }) => imported)).toEqual([{ name, checked: false, hereAs: null }]);
    expect(rows.flatMap(({ cells }) => cells.filter(({ rank, best }) => rank !== null || best))).toEqual([]);
    expect(rows[0]?.cells.find(({ estimate }) => estimate !== null)?.why).toContain('not ranked');
    expect(rows[0]?.name).toContain(`imported and not checked, from ${name}`);
    expect(warnings.join(' ')).toContain('not checked');
    const all = await bench.workbench.call('leaderboard.get', BOARD);
    expect(all.rows.filter(({ imported }) => imported?.checked !== false)).toEqual(
      before.rows.filter(({ imported }) => imported?.checked !== false),
    );
    await bench.workbench.call('study.delete', { id: study, results: true });
  });
});

it('the same ids with other content are another study; neither touches what was computed here', async () => {
  const own = await bench.workbench.call('study.create', request(['fake-walk'], { seeds: [0, 1] }));
  await ended(bench.workbench, own.id);
  const before = await bench.workbench.call('study.get', { id: own.id });
  const one = await take(report());
  const other = await taken((json) => {
    json.study['name'] = 'again';
    json.study['id'] = own.id;
  });
  expect(new Set([own.id, one.study, other.study]).size).toBe(3);
  expect(await bench.workbench.call('study.get', { id: own.id })).toEqual(before);
  const { rows } = await bench.workbench.call('leaderboard.get', BOARD);
  expect(rows.map(({ key, imported }) => [key.split('^')[0], imported?.checked ?? null])).toEqual([
    ['fake-walk', null],
    ['fake-walk', true],
    ['fake-walk', true],
  ]);
  expect(rows.every(({ cells }) => cells.some(({ estimate }) => estimate?.n === 2))).toBe(true);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(3);
  for (const { study } of [one, other]) await bench.workbench.call('study.delete', { id: study, results: true });
});

/** Places within a JSON value, as paths. */
function places(value: Json, at: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [at];
  const entries: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...entries.flatMap(([key, inner]) => places(inner, [...at, key]))];
}

function valueAt(value: Json, path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inner, key) =>
      inner !== null && typeof inner === 'object'
        ? Object.entries(inner).find(([name]) => name === String(key))?.[1]
        : undefined,
    value,
  );
}

function withValue(value: Json, [key, ...rest]: readonly (string | number)[], put: Json | undefined): Json {
  if (key === undefined) return put ?? null;
  if (Array.isArray(value))
    return value.flatMap((inner, i) =>
      i !== key ? [inner] : rest.length === 0 ? (put === undefined ? [] : [put]) : [withValue(inner, rest, put)],
    );
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]): [string, Json][] =>
      name !== key
        ? [[name, inner]]
        : rest.length === 0
          ? put === undefined
            ? []
            : [[name, put]]
          : [[name, withValue(inner, rest, put)]],
    ),
  );
}

/** Takes a changed report, which is refused as the person's fault, or is whole: then it goes away again. */
async function tried(changed: Json): Promise<void> {
  try {
    const { study } = await take(changed);
    // What was taken can be listed, opened, ranked, reported and taken away again.
    const { trials } = await bench.workbench.call('study.get', { id: study });
    for (const { id } of trials) await bench.workbench.call('trial.get', { id });
    await everything();
    await bench.workbench.call('report.make', { study, formats: ['html', 'markdown', 'latex', 'csv', 'json'] });
    await bench.workbench.call('study.delete', { id: study, results: true });
  } catch (error) {
    expect(error).toMatchObject({ failure: { kind: 'invalid-input' } });
  }
}

it('each number of a trial and its study, as a fraction or out of range, is stored or refused in words', async () => {
  const whole: Json = JSON.parse(text);
  const numbers = places(whole).filter(
    ([part, place, ...rest]) =>
      (part === 'study' || (part === 'trials' && place === 0 && !rest.includes('primitives'))) &&
      typeof valueAt(whole, [part, place, ...rest]) === 'number',
  );
  expect(numbers.map((at) => at.join('.'))).toEqual(expect.arrayContaining(['trials.0.seed', 'trials.0.cost.workers']));
  const empty = await everything();
  for (const at of numbers) for (const put of [0.5, 1e300, 2 ** 60]) await tried(withValue(whole, at, put));
  expect(await everything()).toBe(empty);
});

it('300 mutated reports: none crashes, none is half stored, and all that is stored can be read', async () => {
  const whole: Json = JSON.parse(text);
  const all = places(whole);
  const nasty = fc.constantFrom<Json | undefined>(
    ...[undefined, null, true, -1, 0, 1.5, 1e300, 2 ** 60, '', '\u0000', 'x'.repeat(3000), '__proto__', [], {}, [[]]],
    ...[{ constructor: 1 }, JSON.parse('{"__proto__": {"polluted": 1}}'), 'NaN', 'Infinity', '2'.repeat(64)],
  );
  const mutation = fc.record({
    at: fc.constantFrom(...all),
    put: fc.oneof(
      nasty,
      fc.jsonValue().map((v): Json => JSON.parse(JSON.stringify(v))),
    ),
  });
  const empty = await everything();
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      await tried(mutations.reduce((json, { at, put }) => withValue(json, at, put), whole));
      expect(await everything()).toBe(empty);
    }),
    { numRuns: 300 },
  );
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

describe('ids with artefacts in them', () => {
  const reportOf = async (of: Bench, study: string): Promise<Report> => {
    const { files } = await of.workbench.call('report.make', { study, formats: ['json'] });
    return JSON.parse(files[0]?.text ?? '');
  };

  it('are checked, and go through an import and out of it again', async () => {
    const source = await open();
    const study = await source.workbench.call('study.create', request(['fake-ensemble'], { seeds: [0] }));
    await ended(source.workbench, study.id);
    const made = await reportOf(source, study.id);
    const ensemble = made.trials.find(({ method }) => method === 'fake-ensemble');
    const member = made.trials.find(({ method }) => method === 'fake-member');
    expect(ensemble?.['artefacts']).toEqual({ 'member/0': member?.['id'] });
    const { study: imported, notChecked } = await take(made);
    expect(notChecked).toBe(0);
    const again = await reportOf(bench, imported);
    const identified = ({ trials }: Report): unknown =>
      trials.map(({ id, method, artefacts }) => ({ id, method, artefacts }));
    expect(identified(again)).toEqual(identified(made));
    expect((await take(again)).notChecked).toBe(0);

    const other = structuredClone(made);
    for (const trial of other.trials) if (trial['method'] === 'fake-ensemble') trial['artefacts'] = {};
    await expect(take(other)).rejects.toThrow(/does not fit the trial's id/);
    const half = { ...made, trials: made.trials.filter(({ method }) => method !== 'fake-member') };
    await expect(take(half)).rejects.toThrow(/opened the artefact "member\/0" of a trial that is not in it/);
  });

  it('are not asked of a report of before, which goes out again as it came', async () => {
    const json = report();
    json.version = 2;
    json.trials.forEach(asFormer);
    const { study, notChecked } = await take(json);
    expect(notChecked).toBe(0);
    const again = await reportOf(bench, study);
    expect(again.trials.map(({ id, artefacts }) => [id, artefacts])).toEqual(json.trials.map(({ id }) => [id, null]));
    expect((await take(again)).notChecked).toBe(0);
    first(json)['seed'] = 9;
    await expect(take(json)).rejects.toThrow(/does not fit the trial's id/);
  });
});

describe('statistics in place of the answers', () => {
  it('are a small file, whose metrics are computed again and checked', async () => {
    const source = await open();
    const study = await source.workbench.call('study.create', request(['fake-walk'], { seeds: [0, 1] }));
    await ended(source.workbench, study.id);
    const wish = { study: study.id, formats: ['json' as const], answers: 'statistics' as const };
    const small = (await source.workbench.call('report.make', wish)).files[0]?.text ?? '';
    const { study: imported, notChecked, trials } = await bench.workbench.call('report.import', { text: small });
    expect({ notChecked, trials }).toEqual({ notChecked: 0, trials: 2 });
    const boardOf = async (of: Bench, id: string) =>
      (await of.workbench.call('leaderboard.get', { study: id })).rows.flatMap(({ cells }) =>
        cells.map(({ metric, estimate }) => [metric, estimate?.mean]),
      );
    expect(await boardOf(bench, imported)).toEqual(await boardOf(source, study.id));
    const told = small.replace(/"logLoss":[0-9.]+/, '"logLoss":0.001');
    expect(told).not.toBe(small);
    await expect(bench.workbench.call('report.import', { text: told })).rejects.toThrow(
      /contradicts itself: nll\.test/,
    );
  });
});
