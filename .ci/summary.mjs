/**
 * Adds up what the test runners reported and what each part of .ci/run answered. Usage: summary.mjs REPORTS
 * ALLOWED-SKIPS. Exit code 1 when a test failed, a part failed, a part that should have reported did not, or a skipped
 * test is not listed with a reason.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One test as any runner tells it. */
const test = (runner, name, state) => ({ runner, name, state });

/** Vitest's JSON report (Jest's form). */
export function fromVitest(report, runner) {
  return report.testResults.flatMap((file) => {
    const place = path.basename(file.name);
    if (file.assertionResults.length === 0 && file.status === 'failed')
      return [test(runner, `${place}: ${file.message}`, 'failed')];
    return file.assertionResults.map((a) =>
      test(
        runner,
        `${place} > ${[...a.ancestorTitles, a.title].join(' > ')}`,
        { passed: 'passed', failed: 'failed' }[a.status] ?? 'skipped',
      ),
    );
  });
}

/** Playwright's JSON report; its projects (Chromium, Electron) count as runners of their own. */
export function fromPlaywright(report, runner) {
  const walk = (suite, above) => [
    ...(suite.specs ?? []).flatMap((spec) =>
      spec.tests.map((t) =>
        test(
          `${runner}, ${t.projectName}`,
          [...above, spec.title].join(' > '),
          { expected: 'passed', flaky: 'passed', unexpected: 'failed' }[t.status] ?? 'skipped',
        ),
      ),
    ),
    ...(suite.suites ?? []).flatMap((inner) => walk(inner, [...above, inner.title])),
  ];
  return [
    ...(report.suites ?? []).flatMap((suite) => walk(suite, [suite.title])),
    ...(report.errors ?? []).map((e) => test(runner, String(e.message).split('\n')[0], 'failed')),
  ];
}

/**
 * Whether a skipped test is listed; an entry names a runner and a test (or the beginning of its name), and says why.
 */
export const isAllowed = (skipped, allowed) =>
  allowed.some(
    (entry) =>
      entry.runner === skipped.runner &&
      skipped.name.startsWith(entry.test) &&
      typeof entry.reason === 'string' &&
      entry.reason.trim().length >= 10,
  );

const RUNNERS = [
  ['npm test', 'vitest.json', fromVitest],
  ['end-to-end', 'e2e.json', fromPlaywright],
];

export function summarise({ parts, reports, allowed }) {
  const tests = [],
    problems = [];
  for (const [runner, file, read] of RUNNERS) {
    if (!parts.some((p) => p.name === runner)) continue;
    if (reports[file] === undefined) problems.push(`${runner} left no report`);
    else tests.push(...read(reports[file], runner));
  }
  const count = (state) => tests.filter((t) => t.state === state).length;
  for (const t of tests) {
    if (t.state === 'failed') problems.push(`failed: ${t.runner}: ${t.name}`);
    if (t.state === 'skipped' && !isAllowed(t, allowed))
      problems.push(`skipped and not listed in .ci/allowed-skips.json: ${t.runner}: ${t.name}`);
  }
  if (tests.length === 0) problems.push('no test ran');
  for (const part of parts) if (part.code !== 0) problems.push(`${part.name} ended with exit code ${part.code}`);
  return { problems, line: `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped` };
}

if (process.argv[1] && import.meta.url.endsWith('/summary.mjs') && path.basename(process.argv[1]) === 'summary.mjs') {
  const [folder, allowedFile] = process.argv.slice(2);
  const json = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);
  const parts = readFileSync(path.join(folder, 'parts.tsv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [name, code, seconds] = line.split('\t');
      return { name, code: Number(code), seconds: Number(seconds) };
    });
  const { problems, line } = summarise({
    parts,
    reports: Object.fromEntries(RUNNERS.map(([, file]) => [file, json(path.join(folder, file))])),
    allowed: json(allowedFile) ?? [],
  });
  console.log('');
  for (const { name, code, seconds } of parts)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${String(seconds).padStart(5)} s  ${name}`);
  for (const problem of problems) console.log(problem);
  console.log(line);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
