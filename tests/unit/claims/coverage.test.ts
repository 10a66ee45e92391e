import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { judgeClaims } from '../../../src-main/metrics/claims/judge.ts';
import { isJudged, isMissed } from '../../../src-main/metrics/claims/verdicts.ts';
import { metric } from '../../../src-main/metrics/registry.ts';
import { loadClaims } from '../../../src-main/reports/claims-files.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import {
  loadReferenceRuns,
  parseReferenceRuns,
  readReferencePlan,
  REFERENCE_RUNS_FOLDER,
  runKey,
} from '../../../src-main/workbench/reference-runs.ts';

const methods = await loadMethods();
const suites = await loadSuites();
const files = loadClaims(fileURLToPath(new URL('../../../resources/claims', import.meta.url)));
const claims = files.flatMap(({ id, values, orderings }) => [
  ...values.map(({ suite, metric: name, method, hyperParameters }) => ({
    id,
    suite,
    metric: name,
    sides: [{ method, hyperParameters }],
  })),
  ...orderings.map(({ suite, metric: name, better, worse }) => ({ id, suite, metric: name, sides: [better, worse] })),
]);
const names = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();

describe('claims', () => {
  test('every method that a person can choose is held to at least one', () => {
    const held = new Set(claims.flatMap(({ sides }) => sides.map(({ method }) => method)));
    const without = [...methods.methods.values()]
      .filter(({ method }) => method.hidden !== true && !held.has(method.id))
      .map(({ method }) => method.id);
    expect(
      without,
      'a method is done when it reproduces something: add its number or its order to resources/claims',
    ).toEqual([]);
  });

  test.each(files.map(({ id }) => id))('%s names suites, metrics, methods and settings that exist and fit', (id) => {
    for (const { suite, metric: name, sides } of claims.filter((claim) => claim.id === id)) {
      const { facts } = suites.get(suite);
      expect(() => metric(name)).not.toThrow();
      for (const { method, hyperParameters } of sides) {
        const known = methods.get(method);
        expect(known.fits(facts), `${method} on ${suite}`).toBe(true);
        for (const wanted of Array.isArray(hyperParameters) ? hyperParameters : [hyperParameters]) {
          // A plain z.object drops what it does not know: every wanted setting must come back as it was.
          expect(known.schema.parse(wanted), `${method} on ${suite}`).toMatchObject(wanted);
        }
      }
    }
  });
});

describe('reference runs', () => {
  test.each(names(REFERENCE_RUNS_FOLDER))(
    '%s: known suites and methods, each trial once, no path of a machine',
    (name) => {
      const text = readFileSync(join(REFERENCE_RUNS_FOLDER, name), 'utf8');
      const { runs, command, machine } = parseReferenceRuns(text, name);
      expect(runs.length).toBeGreaterThan(0);
      expect(command).toContain('src-main/cli/reference-runs.ts');
      expect(machine).not.toBe('');
      expect(text).not.toMatch(/(?:^|[\s"'=])(?:\/(?:tmp|root|home|work|Users|var)\/|[A-Z]:\\)/);
      for (const run of runs) {
        expect(suites.get(run.suite).facts.id).toBe(run.suite);
        expect(() => methods.get(run.method).schema.parse(run.hyperParameters)).not.toThrow();
        const shares =
          'values' in run
            ? Object.entries(run.values)
                .filter(
                  ([id]) => metric(id).unit === 'share' && metric(id).direction === 'higher' && id.startsWith('acc.'),
                )
                .map(([, value]) => value)
            : run.accuracy.flat();
        expect(shares.length).toBeGreaterThan(0);
        for (const share of shares) expect(share >= 0 && share <= 1).toBe(true);
      }
      expect(new Set(runs.map((run) => runKey(run, methods))).size).toBe(runs.length);
    },
  );

  test.each(names(join(REFERENCE_RUNS_FOLDER, 'plans')))('plan %s can be run', (name) => {
    const { cells } = readReferencePlan(join(REFERENCE_RUNS_FOLDER, 'plans', name));
    for (const { suite, method, hyperParameters } of cells) {
      expect(methods.get(method).fits(suites.get(suite).facts), `${method} on ${suite}`).toBe(true);
      expect(methods.get(method).schema.parse(hyperParameters), `${method} on ${suite}`).toMatchObject(hyperParameters);
    }
  });

  const judged = files.flatMap((file) => {
    const measured = loadReferenceRuns({ methods, suites });
    return judgeClaims(file, measured, (suite) => suite).map((record, at) => ({
      ...record,
      id: file.id,
      tried: [...file.values, ...file.orderings][at].tried,
    }));
  });
  test('they judge every method that a person can choose', () => {
    // What older code measured counts here: it is judged again once it is run anew.
    const known = new Set(
      judged.filter(({ verdict }) => isJudged(verdict) || verdict === 'outdated').flatMap((claim) => claim.methods),
    );
    expect(
      [...methods.methods.values()]
        .filter(({ method }) => method.hidden !== true && !known.has(method.id))
        .map(({ method }) => method.id),
    ).toEqual([]);
  });

  test('what is off by them says what was tried', () => {
    expect(
      judged
        .filter(({ verdict, tried }) => isMissed(verdict) && tried === '')
        .map(({ id, suite, method, metric: name }) => `${id}: ${method}, ${name}, ${suite}`),
    ).toEqual([]);
  });
});
