import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { candidates } from '../../../src-main/metrics/claims/choose.ts';
import { alternativesOf, sidesOf } from '../../../src-main/metrics/claims/file.ts';
import { judgeClaims } from '../../../src-main/metrics/claims/judge.ts';
import { isJudged, isMissed } from '../../../src-main/metrics/claims/verdicts.ts';
import { metric } from '../../../src-main/metrics/registry.ts';
import { canonicalJson } from '../../../src-main/base/canonical.ts';
import { loadClaims } from '../../../src-main/reports/claims-files.ts';
import { parseReportJson } from '../../../src-main/reports/json.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { TableSuites } from '../../../src-main/suites/table-suites.ts';
import { REFERENCE_RUNS_FOLDER, shippedRuns } from '../../../src-main/workbench/claims/shipped.ts';
import { studyRequest } from '../../../src-main/workbench/contract/contract.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';

const methods = await loadMethods();
// Claims may be about a shipped table, which is a suite by itself.
const data = temporaryFolder();
afterAll(data.remove);
const tables = new TableSuites(await loadSuites(), () => openDatasetStore({ dataFolder: data.path }).list());
await tables.refresh();
const suites = tables.registry;
const files = loadClaims(fileURLToPath(new URL('../../../resources/claims', import.meta.url)));
const claims = files.flatMap((file) =>
  sidesOf(file).map(({ claim: { suite, metric: name }, sides }) => ({ id: file.id, suite, metric: name, sides })),
);
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
      for (const side of sides) {
        const { method } = side;
        const known = methods.get(method);
        // Where a native library is missing, its method says how it is had.
        const fits = known.fits(facts);
        if (fits === true || known.native === undefined) expect(fits, `${method} on ${suite}`).toBe(true);
        else expect(fits).toContain('doctor --provision');
        for (const wanted of alternativesOf(side)) {
          // A plain z.object drops what it does not know: every wanted setting must come back as it was.
          expect(known.schema.parse(wanted), `${method} on ${suite}`).toMatchObject(wanted);
        }
      }
    }
  });
});

describe('reference runs', () => {
  test.each(names(REFERENCE_RUNS_FOLDER))(
    '%s is a report of known suites and methods, small, each trial once, with no path of a machine',
    (name) => {
      const text = readFileSync(join(REFERENCE_RUNS_FOLDER, name), 'utf8');
      const { trials, study } = parseReportJson(text);
      expect(trials.length).toBeGreaterThan(0);
      expect(text).not.toMatch(/(?:^|[\s"'=])(?:\/(?:tmp|root|home|work|Users|var)\/|[A-Z]:\\)/);
      // A probe is its curves; what others keep does not grow with them or with the test set.
      const isProbe = trials.every(({ suite }) => suites.get(suite).facts.kind === 'probe');
      expect(text.length / trials.length).toBeLessThan(isProbe ? 80_000 : 20_000);
      expect(studyRequest.safeParse(study.request).error).toBeUndefined();
      for (const { suite, method, hyperParameters, primitives, metrics } of trials) {
        expect(suites.get(suite).facts.id).toBe(suite);
        expect(() => methods.get(method).schema.parse(hyperParameters)).not.toThrow();
        // Statistics only: answers would grow with the test set.
        expect(primitives?.probabilities).toEqual({});
        const shares = Object.entries(metrics).filter(([id]) => id.startsWith('acc.'));
        const isOther = isProbe || suites.get(suite).facts.target === 'numbers';
        expect(isOther ? Object.keys(metrics).length : shares.length).toBeGreaterThan(0);
        // A share of another network's accuracy may be above 1.
        for (const [id, share] of shares)
          expect(share >= 0 && (share <= 1 || id.startsWith('acc.normalised')), id).toBe(true);
      }
      const keys = trials.map(({ suite, method, hyperParameters, seed, fold, numerics, methodVersion }) =>
        canonicalJson([suite, method, hyperParameters, seed, fold, numerics, methodVersion]),
      );
      expect(new Set(keys).size).toBe(trials.length);
    },
  );

  const measured = shippedRuns({ methods, suites });
  const judged = files.flatMap((file) =>
    judgeClaims(file, measured, (suite) => suite).map((record, at) => ({
      ...record,
      id: file.id,
      tried: sidesOf(file)[at].claim.tried,
    })),
  );
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

  test('each side of a claim is one configuration of theirs: else another run could change what is judged', () => {
    const several = claims.flatMap(({ id, suite, metric: name, sides }) =>
      sides.flatMap((side) => {
        const found = candidates(side, suite, measured).filter(
          (one) => one.older.length === 0 && (one.values[name] ?? []).length > 0,
        );
        const published = found.filter((one) => one.published);
        // A source that does not say which setting it used leaves alternatives open; a suite has settings of its own.
        const isOne = alternativesOf(side).length > 1 || published.length === 1 || found.length < 2;
        return isOne
          ? []
          : [`${id}: ${side.method} on ${suite}: ${found.map(({ methodKey }) => methodKey).join(' | ')}`];
      }),
    );
    expect(several, 'name the settings in which these differ').toEqual([]);
  });

  test('what is off by them says what was tried', () => {
    expect(
      judged
        .filter(({ verdict, tried }) => isMissed(verdict) && tried === '')
        .map(({ id, suite, method, metric: name }) => `${id}: ${method}, ${name}, ${suite}`),
    ).toEqual([]);
  });
});
