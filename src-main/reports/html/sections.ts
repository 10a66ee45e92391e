import { VERDICT_FACTS, VERDICTS, type Verdict } from '../../metrics/claims/verdicts.ts';
import type { Comparison } from '../../metrics/compare.ts';
import { formatNumber, formatP, formatSigned, formatValue, MISSING, shownScale } from '../../metrics/format.ts';
import type { ReportInput, ReportTrial } from '../input.ts';
import type { Markup } from '../markup.ts';
import { markup } from '../markup.ts';
import type { SuiteBoard } from '../suite-boards.ts';
import { comparisonScope, metricFacts, publishedText } from '../words.ts';

/** The parts of a report that are not leaderboards. */

const verdictClass = (verdict: Verdict): string => VERDICT_CLASSES[VERDICT_FACTS[verdict].tone];
const VERDICT_CLASSES = { ok: 'reproduced', bad: 'off', warn: 'soft', '': 'soft' } as const;

/**
 * On paper, more sentences or lines of a request than these are left to the other formats: they say again what stands
 * in tables.
 */
const MOST_SENTENCES_ON_PAPER = 60;
const MOST_LINES_ON_PAPER = 200;
/** Of more configurations the table of settings has a line each. */
const MOST_IN_A_LINE = 12;

export function comparisonSection(comparison: Comparison, title: string, paper = false): Markup {
  const facts = metricFacts(comparison.metric);
  const names = new Map(comparison.methods.map((method) => [method.key, method.name]));
  const digits = facts.unit === 'share' ? 2 : 4;
  const { tested } = comparison.family;
  const family = tested > 0 ? ` (Holm, ${tested})` : '';
  const pairwise = comparison.pairwise.tested > 0 ? ` (Holm, ${comparison.pairwise.tested})` : '';
  return markup`<h3>${facts.title} on ${title}</h3><p class="soft">${comparisonScope(comparison)}</p>
<div class="wide"><table><thead><tr><th>A</th><th class="left">B</th><th>A − B</th><th>95 % interval</th><th>n</th><th>p, not adjusted</th><th>p against the best${family}</th><th>p pairwise${pairwise}</th><th>d_z</th></tr></thead><tbody>
${comparison.pairs.map((pair) => markup`<tr><td>${names.get(pair.a) ?? pair.a}</td><td class="left name">${names.get(pair.b) ?? pair.b}</td><td>${formatSigned(pair.mean, facts.unit, digits)}</td><td>${pair.low === null || pair.high === null ? MISSING : `${formatNumber(pair.low * shownScale(facts.unit), digits)} to ` + `${formatNumber(pair.high * shownScale(facts.unit), digits)}`}</td><td>${pair.n}</td><td>${pair.p === null ? MISSING : formatP(pair.p)}</td><td>${pair.familyP === null ? MISSING : formatP(pair.familyP)}</td><td>${pair.pairwiseP === null ? MISSING : formatP(pair.pairwiseP)}</td><td>${pair.effectSize === null ? MISSING : formatNumber(pair.effectSize, 1)}</td></tr>`)}</tbody></table></div>
${sentences(comparison, paper)}
${settingsThatDiffer(comparison, names)}
${comparison.warnings.map((text) => markup`<p class="warning">${text}</p>`)}`;
}

function sentences({ pairs }: Comparison, paper: boolean): Markup {
  return paper && pairs.length > MOST_SENTENCES_ON_PAPER
    ? markup`<p class="soft">The same in ${pairs.length} sentences is in the report's HTML and Markdown files.</p>`
    : markup`<details><summary>In sentences</summary><ul>${pairs.map(({ sentence }) => markup`<li>${sentence}</li>`)}</ul></details>`;
}

/** One line a setting, however many methods are compared: a column for each would not fit on paper. */
function settingsThatDiffer({ differences, methods }: Comparison, names: ReadonlyMap<string, string>): Markup | null {
  if (differences.length === 0) return null;
  if (methods.length > MOST_IN_A_LINE)
    return markup`<p class="soft">Settings that differ: ${differences.map(({ name }, i) => markup`${i > 0 && ', '}<code>${name}</code>`)}. Those of each of the ${methods.length} configurations stand under Hyper-parameters.</p>`;
  const lines = differences.map(({ name, values }) => {
    const said = methods.map(({ key }) => `${names.get(key) ?? key}: ${String(values[key] ?? MISSING)}`).join('; ');
    return markup`<tr><td><code>${name}</code></td><td class="left">${said}</td></tr>`;
  });
  return markup`<table class="text"><caption>Settings that differ</caption><thead><tr><th>Setting</th><th class="left">Values</th></tr></thead><tbody>${lines}</tbody></table>`;
}

export function claimsTable(input: ReportInput, titleOf: (suite: string) => string): Markup {
  if (input.claims.length === 0) return markup`<p class="soft">No published number is known for these suites.</p>`;
  return markup`<p class="soft">A share is reproduced when |measured − published| ≤ max(2 points, 3·√(SEM²published + SEM²measured)), another number when it is ≤ 3·√(…), with 2 % of the number as SEM where no spread is published; an ordering when the paired 95 % interval of the difference over at least five seeds lies on its side of zero, or at most so far on the other as the claim says; an identity when at least five seeds give the same number to six digits; a bound when at least four of five seeds reach it.</p>
<ul class="soft">${VERDICTS.filter((verdict) => input.claims.some((claim) => claim.verdict === verdict)).map((verdict) => markup`<li><b>${verdict}</b>: ${VERDICT_FACTS[verdict].means}</li>`)}</ul>
<div class="wide"><table><thead><tr><th>Suite</th><th class="left">Method</th><th class="left">Metric</th><th>Published</th><th>Measured</th><th>n</th><th class="left">Verdict</th><th class="left">Source and note</th></tr></thead><tbody>
${input.claims.map((claim) => {
  const { suite, kind, method, metric, published, measured, verdict, note } = claim;
  const { unit, title } = metricFacts(metric);
  return markup`<tr><td>${titleOf(suite)}</td><td class="left">${method}${kind !== 'value' && markup` <span class="n">difference</span>`}</td><td class="left">${title}</td><td>${publishedText(claim, unit)}</td><td>${measured === null ? MISSING : `${formatValue(measured.mean, unit)} (${formatValue(measured.low, unit)} to ` + `${formatValue(measured.high, unit)})`}</td><td>${measured?.n ?? MISSING}</td><td class="left ${verdictClass(verdict)}">${verdict}</td><td class="left notes"><span class="remark">${published.source}. ${note}</span></td></tr>`;
})}</tbody></table></div>`;
}

export function protocolSection(suite: ReportInput['suites'][number]): Markup {
  return markup`<h3>${suite.title} <span class="soft">${suite.id}, version ${suite.version}</span></h3><p>${suite.summary}</p><p class="soft">Scenario ${suite.scenario} · protocol hash <code>${suite.protocolHash}</code></p>
${suite.datasets.map((dataset) => markup`<p>Data <b>${dataset.id}</b>: ${dataset.source} · ${dataset.licence}${dataset.sha256 !== null && markup` · SHA-256 <code>${dataset.sha256}</code>`}</p>`)}<details><summary>The whole protocol</summary><pre>${JSON.stringify(suite.protocol, null, 2)}</pre></details>`;
}

export function hyperParameters(boards: readonly SuiteBoard[]): Markup {
  const rows = new Map(boards.flatMap((board) => board.rows.map((row) => [row.key, row] as const)));
  const lines = [...rows.values()].map(
    (row) => markup`<tr><td>${row.name}</td><td class="left">${settings(row.hyperParameters)}</td></tr>
`,
  );
  return markup`<h3>Hyper-parameters</h3><div class="wide"><table class="text"><thead><tr><th>Method</th><th class="left">Settings</th></tr></thead><tbody>${lines}</tbody></table></div>`;
}

function settings(values: Readonly<Record<string, number | string | boolean>>): Markup | string {
  const known = Object.entries(values);
  if (known.length === 0) return 'none';
  return markup`${known.map(([name, value], i) => markup`${i > 0 && ', '}<code>${name}</code> = ${String(value)}`)}`;
}

export function environments(trials: readonly ReportTrial[]): Markup {
  const groups = new Map<
    string,
    { environment: NonNullable<ReportTrial['environment']>; count: number; workers: Set<number> }
  >();
  for (const { environment, cost } of trials) {
    if (environment === null) continue;
    const id = JSON.stringify(environment);
    const group = groups.get(id) ?? { environment, count: 0, workers: new Set<number>() };
    group.count++;
    if (cost !== null) group.workers.add(cost.workers);
    groups.set(id, group);
  }
  if (groups.size === 0) return markup`<p class="soft">No trial has finished.</p>`;
  return markup`${[...groups.values()].map(
    ({
      environment,
      count,
      workers,
    }) => markup`<table><caption>${count} ${count === 1 ? 'trial' : 'trials'}</caption><tbody>
${([['Backend', environment.backend], ['Numerics', environment.numerics], ['CPU', environment.cpu], ['GPU', environment.gpu ?? 'none'], ['Threads of a trial', String(environment.threads)], ['Workers side by side', [...workers].sort((a, b) => a - b).join(', ') || MISSING], ['Platform', environment.platform], ...Object.entries(environment.versions)] as const).map(([name, value]) => markup`<tr><td>${name}</td><td class="left">${value}</td></tr>`)}</tbody></table>`,
  )}`;
}

/** On paper, more commands than these are left to the other formats. */
const MOST_COMMANDS_ON_PAPER = 100;

export function reproduce(input: ReportInput, trials: readonly ReportTrial[], paper: boolean): Markup {
  const cells = trials.filter(({ role }) => role === 'cell');
  const each =
    paper && cells.length > MOST_COMMANDS_ON_PAPER
      ? markup`<p>The commands of each of the ${cells.length} trials are in the report's HTML and JSON files.</p>`
      : markup`<details><summary>Each trial by itself</summary><pre>${cells.map(({ id, command }) => `# ${id.slice(0, 12)}\n${command}`).join('\n')}</pre></details>`;
  const request = JSON.stringify(input.study.request, null, 2);
  const lines = request.split('\n').length;
  const asked =
    paper && lines > MOST_LINES_ON_PAPER
      ? markup`<p>The study as it was asked for, ${lines} lines, is in the report's HTML and JSON files.</p>`
      : markup`<details><summary>The study as it was asked for</summary><pre>${request}</pre></details>`;
  return markup`${input.commands.map(({ what, command }) => markup`<p class="what">${what}</p><pre>${command}</pre>`)}
${each}
${asked}`;
}
