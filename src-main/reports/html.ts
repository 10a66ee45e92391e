import { createHash } from 'node:crypto';
import { isOrdering } from '../metrics/claim-names.ts';
import { bandedCurves } from '../metrics/compare-curves.ts';
import {
  formatBytes,
  formatCount,
  formatP,
  formatSeconds,
  formatSigned,
  formatValue,
  shownScale,
  formatNumber,
  MISSING,
} from '../metrics/format.ts';
import type { CostEstimate } from '../metrics/records.ts';
import { shortNames } from '../metrics/short-names.ts';
import { COLOURS, PALETTE } from '../metrics/looks.ts';
import { when, type JsonValue, type ReportInput, type ReportTrial } from './input.ts';
import { Markup, markup } from './markup.ts';
import { dotPlot, heatmap, linePlot, shownAsPercent } from './pictures.ts';
import { summarise } from './summary.ts';
import {
  comparisonScope,
  metricFacts,
  metricHeader,
  publishedText,
  suiteTables,
  type SuiteTable,
  type TableCell,
} from './tables.ts';

/** The colours of methods in a theme, by the names that pictures use. */
const series = (theme: 'light' | 'dark'): string =>
  COLOURS.map((name) => `--series-${name}:${PALETTE[theme][name]}`).join(';');

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--rule:#d5dae0;--paper:#fff;--tint:#f4f6f8;--accent:#0b5cad;--good:#1a7f4b;--bad:#b3261e;${series('light')}}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa4af;--rule:#363d45;--paper:#14171a;--tint:#1d2125;--accent:#6fb1f5;--good:#5fce94;--bad:#ff8a80;${series('dark')}}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1240px;padding:24px;font:14px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 8px;padding-top:8px;border-top:1px solid var(--rule)}h3{font-size:15px;margin:20px 0 6px}
p{margin:6px 0;max-width:76ch}.soft{color:var(--soft)}a{color:var(--accent)}nav a{margin-right:14px}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:8px 0}th,td{padding:3px 8px;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}
td{white-space:nowrap}td:first-child,td.left{white-space:normal}td:first-child{min-width:16ch}
table.board{font-size:13px}table.board th,table.board td{padding:3px 6px}table.board td:first-child{min-width:23ch}p.what::first-letter{text-transform:uppercase}
th{font-weight:600;text-align:right;border-bottom:1px solid var(--ink)}th:first-child,td:first-child,.left{text-align:left}caption{text-align:left;color:var(--soft);padding-bottom:4px}
td.best{font-weight:700}.tied::after{content:" ≈";color:var(--good)}.n{color:var(--soft);font-size:12px}.reproduced{color:var(--good)}.off{color:var(--bad)}.failed{color:var(--bad)}.running{color:var(--accent)}
.remark{display:block;color:var(--soft);font-size:12px;max-width:42ch;white-space:normal;text-align:left}
button.sort{all:unset;cursor:pointer;font-weight:600}button.sort:focus-visible{outline:2px solid var(--accent)}
code,pre{font:12.5px/1.5 ui-monospace,"Cascadia Mono",Menlo,monospace}pre{background:var(--tint);padding:10px 12px;overflow-x:auto;white-space:pre-wrap;word-break:break-word}
details{margin:6px 0}summary{cursor:pointer}.warning{border-left:3px solid var(--series-5);padding-left:10px}
svg{max-width:min(100%,760px);height:auto;display:block;margin:8px 0}figure{margin:12px 0}figcaption{color:var(--soft)}.maps{display:flex;flex-wrap:wrap;gap:12px 24px}.maps svg{display:inline-block}
svg text{font:11px system-ui,sans-serif;fill:var(--ink)}svg .tick{fill:var(--soft)}svg .axis{fill:var(--soft)}svg .grid{stroke:var(--rule)}svg .cell{fill:var(--series-1)}svg .cell+text.on{fill:var(--paper)}
.band{opacity:.13;fill:currentColor}.stroke{stroke:currentColor}.dot{fill:currentColor;fill-opacity:.45}.fill{fill:currentColor}
${COLOURS.map((name) => `.c-${name}{color:var(--series-${name})}`).join('')}
@media print{body{max-width:none;padding:0;font-size:11px}nav,button.sort::after{display:none}h2{break-after:avoid}table,svg{break-inside:avoid}details::details-content{content-visibility:visible;height:auto}:root{--ink:#000;--paper:#fff;--rule:#bbb;--soft:#444}}
`;

/** Sorts a table by a column on a click of its header; without scripts everything can still be read. */
const SCRIPT = `document.querySelectorAll('button.sort').forEach(function(button){button.addEventListener('click',function(){
var th=button.closest('th'),table=th.closest('table'),i=Array.prototype.indexOf.call(th.parentNode.children,th),down=th.getAttribute('aria-sort')!=='descending';
Array.prototype.forEach.call(th.parentNode.children,function(o){o.removeAttribute('aria-sort')});th.setAttribute('aria-sort',down?'descending':'ascending');
var body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows);
var value=function(r){var c=r.cells[i],v=c.getAttribute('data-value');return v===null?c.textContent:v===''?NaN:Number(v)};
rows.sort(function(a,b){var x=value(a),y=value(b);if(typeof x==='string'||typeof y==='string')return down?String(y).localeCompare(String(x)):String(x).localeCompare(String(y));
if(isNaN(x))return 1;if(isNaN(y))return -1;return down?y-x:x-y});rows.forEach(function(r){body.appendChild(r)})})});`;

/**
 * One HTML file that needs nothing else: it opens from a USB stick, in light and dark, and prints. Its content security policy allows
 * nothing from outside and exactly one script, by hash.
 */
export function htmlReport(input: ReportInput): string {
  const tables = suiteTables(input);
  const hash = createHash('sha256').update(SCRIPT).digest('base64');
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="generator" content="Touchstone ${input.version}"><title>${input.title}</title><style>${new Markup(STYLE)}</style></head><body>
<header><h1>${input.title}</h1><p class="soft">Study “${input.study.name}” · started ${when(input.study.createdAt)} · report of ${when(input.createdAt)} · Touchstone ${input.version} · ${input.study.backend}</p>
<nav aria-label="Contents">${[
    ['summary', 'Summary'],
    ['leaderboards', 'Leaderboards'],
    ['pictures', 'Pictures'],
    ['comparisons', 'Comparisons'],
    ['claims', 'Claims'],
    ['seeds', 'Every seed'],
    ['protocol', 'Protocol'],
    ['environment', 'Environment'],
    ['reproduce', 'Reproduce'],
  ].map(([id, name]) => markup`<a href="#${id}">${name}</a>`)}</nav></header>
<main>
<section id="summary"><h2>Summary</h2>${summarise(input).map((text) => markup`<p>${text}</p>`)}${input.leaderboard.warnings.map((text) => markup`<p class="warning">${text}</p>`)}</section>
<section id="leaderboards"><h2>Leaderboards</h2><p class="soft">Mean over seeds ± half of the 95 % t-interval. <b>Bold</b>: best. ≈: not significantly worse than the best (paired t-test by seed, Holm over all configurations against the best, at least five shared seeds). Costs: median of the trials on this suite, below it the least and the most. ↑ higher is better, ↓ lower is better.</p>
${tables.map((table) => leaderboardTable(input, table))}${definitions(tables)}</section>
<section id="pictures"><h2>Pictures</h2>${tables.map((table) => pictures(input, table))}</section>
<section id="comparisons"><h2>Comparisons</h2>${input.comparisons.length === 0 ? markup`<p class="soft">None were asked for.</p>` : input.comparisons.map((comparison) => comparisonSection(comparison, suiteTitle(input, comparison.suite)))}</section>
<section id="claims"><h2>Claims</h2>${claimsTable(input)}</section>
<section id="seeds"><h2>Every seed</h2>${tables.map((table) => seedTable(input, table))}</section>
<section id="protocol"><h2>Protocol and hyper-parameters</h2>${input.suites.map(protocolSection)}${hyperParameters(input)}</section>
<section id="environment"><h2>Environment</h2>${environments(input.trials)}</section>
<section id="reproduce"><h2>How to reproduce</h2>${reproduce(input)}</section>
</main><script>${new Markup(SCRIPT)}</script></body></html>
`;
  return page.text;
}

function suiteTitle(input: ReportInput, id: string): string {
  return input.suites.find((suite) => suite.id === id)?.title ?? id;
}

function sortable(title: string): Markup {
  return markup`<th scope="col"><button class="sort" type="button">${title}</button></th>`;
}

function leaderboardTable(input: ReportInput, table: SuiteTable): Markup {
  const baseline = table.rows.some(({ cells }) => cells.some(({ delta }) => delta !== null));
  const claims = table.rows.some(({ cells }) => cells.some(({ verdict }) => verdict !== null));
  return markup`<h3>${suiteTitle(input, table.suite)} <span class="soft">${table.suite}</span></h3><div class="wide"><table class="board"><thead><tr>${sortable('Method')}${sortable('Rank')}${sortable('Seeds')}
${table.metrics.map((facts) => sortable(metricHeader(facts)))}${baseline && sortable('Difference to baseline')}${claims && markup`<th scope="col" class="left">Published</th>`}${sortable('Time')}${sortable('FLOP')}${sortable('Stored')}${sortable('Peak memory')}${sortable('Parameters')}</tr></thead><tbody>
${table.rows.map(
  ({
    row,
    name,
    rank,
    cells,
    cost,
  }) => markup`<tr><td>${name}${row.reference !== null && markup` <span class="n">${row.reference === 'lower' ? 'lower reference' : 'upper reference'}</span>`}${needs(row.needs)}</td>
<td data-value="${rank ?? ''}">${rank ?? MISSING}</td><td data-value="${cells[0]?.n ?? ''}">${cells[0]?.n ?? MISSING}</td>${cells.map((cell, m) => valueCell(cell, estimateOf(row.cells, table, m)))}
${baseline && markup`<td>${cells[0]?.delta ?? MISSING}</td>`}${claims && markup`<td class="left">${claimCell(cells[0])}</td>`}
${[costCell(cost?.seconds, formatSeconds), costCell(cost?.flops, formatCount), costCell(cost?.bytesStored, formatBytes), costCell(cost?.peakMemoryBytes, formatBytes), costCell(cost?.parameters, formatCount)]}</tr>`,
)}
</tbody></table></div>${notes(table)}`;
}

function estimateOf(
  cells: ReportInput['leaderboard']['rows'][number]['cells'],
  table: SuiteTable,
  metric: number,
): number | null {
  return (
    cells.find((cell) => cell.suite === table.suite && cell.metric === table.metrics[metric]?.id)?.estimate?.mean ??
    null
  );
}

const NEEDS: Readonly<Record<string, string>> = {
  replayMemory: 'stores examples',
  taskIdAtTest: 'task at test',
  validationData: 'validation data',
  allTasksAtOnce: 'all tasks at once',
  extraPasses: 'extra passes',
};

function needs(asked: Readonly<Record<string, boolean>>): Markup | null {
  const words = Object.entries(asked)
    .filter(([, needed]) => needed)
    .map(([need]) => NEEDS[need] ?? need);
  return words.length === 0 ? null : markup` <span class="n">· ${words.join(', ')}</span>`;
}

function valueCell(cell: TableCell, mean: number | null): Markup {
  const classes = [
    cell.best ? 'best' : '',
    cell.tied ? 'tied' : '',
    cell.state === 'failed' || cell.state === 'running' ? cell.state : '',
  ]
    .filter((name) => name !== '')
    .join(' ');
  return markup`<td class="${classes}" data-value="${mean ?? ''}" title="${cell.remark}">${cell.text}${cell.state === 'partial' && '*'}</td>`;
}

/** The median over seeds, with the least and the most where they differ visibly. */
function costCell(cost: CostEstimate | null | undefined, format: (value: number) => string): Markup {
  if (cost == null) return markup`<td data-value="">${MISSING}</td>`;
  const [low, high] = [format(cost.low), format(cost.high)];
  const spread = low !== high && markup`<br><span class="n">${low} to ${high}</span>`;
  return markup`<td data-value="${cost.middle}">${format(cost.middle)}${spread}</td>`;
}

function claimCell(cell: TableCell | undefined): Markup | string {
  return cell?.verdict == null ? MISSING : markup`<span class="${verdictClass(cell.verdict)}">${cell.verdict}</span>`;
}

function verdictClass(verdict: string): string {
  return verdict === 'reproduced' || verdict === 'off' ? verdict : 'soft';
}

/** What a person on paper cannot hover over. */
function notes(table: SuiteTable): Markup | null {
  const remarks = table.rows.flatMap(({ name, cells }) =>
    cells
      .slice(0, 1)
      .filter(({ remark }) => remark !== '')
      .map(({ remark }) => ({ name, remark })),
  );
  return remarks.length === 0
    ? null
    : markup`<details><summary>Notes to this table (first metric)</summary><ul>${remarks.map(({ name, remark }) => markup`<li><b>${name}</b>: ${remark}</li>`)}</ul></details>`;
}

function definitions(tables: readonly SuiteTable[]): Markup {
  const metrics = [
    ...new Map(tables.flatMap((table) => table.metrics.map((facts) => [facts.id, facts] as const))).values(),
  ];
  return markup`<details><summary>What the metrics are</summary><table><thead><tr><th>Metric</th><th class="left">Definition</th><th class="left">Source</th></tr></thead><tbody>${metrics.map(({ id, title, formula, source }) => markup`<tr><td>${title}<br><code>${id}</code></td><td class="left">${formula}</td><td class="left">${source}</td></tr>`)}</tbody></table></details>`;
}

const MOST_CURVES = 6;

function pictures(input: ReportInput, table: SuiteTable): Markup {
  const [headline] = table.metrics;
  const trials = input.trials.filter(
    ({ suite, role, primitives }) => suite === table.suite && role === 'cell' && primitives !== null,
  );
  const rows = table.rows.map(({ row, name }) => ({
    key: row.key,
    name,
    look: row.look,
    estimate: row.cells.find(({ suite }) => suite === table.suite)?.estimate ?? null,
  }));
  const banded = rows.flatMap(({ key, name, look }) =>
    bandedCurves(
      key,
      trials.filter(({ rowKey }) => rowKey === key).flatMap(({ primitives }) => primitives ?? []),
    ).map((curve) => ({ name, look, curve })),
  );
  // One line per task repeats the matrices below.
  const names = [...new Map(banded.map(({ curve }) => [`${curve.name}\n${curve.x}`, curve])).values()]
    .filter(({ name }) => !/\btask \d+$/.test(name))
    .slice(0, MOST_CURVES);
  const maps = rows.flatMap(({ key, name }) => {
    const mean = meanMatrix(
      trials
        .filter(({ rowKey }) => rowKey === key)
        .flatMap(({ primitives }) =>
          primitives?.matrices['accuracy'] === undefined ? [] : [primitives.matrices['accuracy']],
        ),
    );
    return mean === null || mean.length < 2 ? [] : [{ name, mean }];
  });
  const room = Math.max(12, ...maps.map(({ mean }) => mean.length * 6));
  const short = shortNames(
    maps.map(({ name }) => name),
    room,
  );
  return markup`<h3>${suiteTitle(input, table.suite)}</h3>
${
  headline &&
  dotPlot(
    metricHeader(headline),
    headline.unit,
    rows.flatMap(({ name, look, estimate }) => (estimate === null ? [] : [{ name, look, estimate }])),
  )
}
${names.map(
  (shown) =>
    markup`<figure><figcaption>${shown.name}${shownAsPercent(shown.name) && ' (%)'}: mean over seeds with 95 % band</figcaption>${linePlot(
      shown.name,
      shown.x,
      banded.filter(({ curve }) => curve.name === shown.name && curve.x === shown.x),
    )}</figure>`,
)}
${maps.length > 0 && markup`<p class="soft">Accuracy in %, row: after task, column: on task; mean over seeds.</p><div class="maps">${maps.map(({ name, mean }, i) => heatmap(name, short[i] ?? name, mean))}</div>`}`;
}

function meanMatrix(matrices: readonly (readonly (readonly number[])[])[]): number[][] | null {
  const [first] = matrices;
  if (
    first === undefined ||
    matrices.some(
      (matrix) => matrix.length !== first.length || matrix.some((row, i) => row.length !== first[i]?.length),
    )
  )
    return null;
  return first.map((row, i) =>
    row.map((_, j) => matrices.reduce((sum, matrix) => sum + (matrix[i]?.[j] ?? Number.NaN), 0) / matrices.length),
  );
}

function comparisonSection(comparison: ReportInput['comparisons'][number], title: string): Markup {
  const facts = metricFacts(comparison.metric);
  const names = new Map(comparison.methods.map((method) => [method.key, method.name]));
  const digits = facts.unit === 'share' ? 2 : 4;
  const { tested } = comparison.family;
  const family = tested > 0 ? ` (Holm, ${tested})` : '';
  const pairwise = comparison.pairwise.tested > 0 ? ` (Holm, ${comparison.pairwise.tested})` : '';
  return markup`<h3>${facts.title} on ${title}</h3><p class="soft">${comparisonScope(comparison)}</p>
<div class="wide"><table><thead><tr><th>A</th><th class="left">B</th><th>A − B</th><th>95 % interval</th><th>n</th><th>p, not adjusted</th><th>p against the best${family}</th><th>p pairwise${pairwise}</th><th>d_z</th></tr></thead><tbody>
${comparison.pairs.map((pair) => markup`<tr><td>${names.get(pair.a) ?? pair.a}</td><td class="left">${names.get(pair.b) ?? pair.b}</td><td>${formatSigned(pair.mean, facts.unit, digits)}</td><td>${pair.low === null || pair.high === null ? MISSING : `${formatNumber(pair.low * shownScale(facts.unit), digits)} to ${formatNumber(pair.high * shownScale(facts.unit), digits)}`}</td><td>${pair.n}</td><td>${pair.p === null ? MISSING : formatP(pair.p)}</td><td>${pair.familyP === null ? MISSING : formatP(pair.familyP)}</td><td>${pair.pairwiseP === null ? MISSING : formatP(pair.pairwiseP)}</td><td>${pair.effectSize === null ? MISSING : formatNumber(pair.effectSize, 1)}</td></tr>`)}</tbody></table></div>
<details><summary>In sentences</summary><ul>${comparison.pairs.map(({ sentence }) => markup`<li>${sentence}</li>`)}</ul></details>
${comparison.differences.length > 0 && markup`<table><caption>Settings that differ</caption><thead><tr><th>Setting</th>${comparison.methods.map(({ key }) => markup`<th class="left">${names.get(key) ?? key}</th>`)}</tr></thead><tbody>${comparison.differences.map(({ name, values }) => markup`<tr><td><code>${name}</code></td>${comparison.methods.map(({ key }) => markup`<td class="left">${String(values[key] ?? MISSING)}</td>`)}</tr>`)}</tbody></table>`}
${comparison.warnings.map((text) => markup`<p class="warning">${text}</p>`)}`;
}

function claimsTable(input: ReportInput): Markup {
  if (input.claims.length === 0) return markup`<p class="soft">No published number is known for these suites.</p>`;
  return markup`<p class="soft">A value is reproduced when |measured − published| ≤ max(2 points, 3·√(SEM²published + SEM²measured)); an ordering when the paired 95 % interval of the difference lies on its side of zero.</p>
<div class="wide"><table><thead><tr><th>Suite</th><th class="left">Method</th><th class="left">Metric</th><th>Published</th><th>Measured</th><th>n</th><th class="left">Verdict</th><th class="left">Source and note</th></tr></thead><tbody>
${input.claims.map(({ suite, method, metric, published, measured, verdict, note }) => {
  const { unit, title } = metricFacts(metric);
  return markup`<tr><td>${suiteTitle(input, suite)}</td><td class="left">${method}${isOrdering(method) && markup` <span class="n">difference</span>`}</td><td class="left">${title}</td><td>${publishedText(method, published, unit)}</td><td>${measured === null ? MISSING : `${formatValue(measured.mean, unit)} (${formatValue(measured.low, unit)} to ${formatValue(measured.high, unit)})`}</td><td>${measured?.n ?? MISSING}</td><td class="left ${verdictClass(verdict)}">${verdict}</td><td class="left"><span class="remark">${published.source}. ${note}</span></td></tr>`;
})}</tbody></table></div>`;
}

function seedTable(input: ReportInput, table: SuiteTable): Markup {
  const names = new Map(table.rows.map(({ row, name }) => [row.key, name]));
  const trials = input.trials.filter(({ suite, role }) => suite === table.suite && role === 'cell');
  return markup`<details><summary>${suiteTitle(input, table.suite)}: ${trials.length} trials</summary><div class="wide"><table><thead><tr>${sortable('Method')}${sortable('Seed')}${table.metrics.map((facts) => sortable(metricHeader(facts)))}${sortable('Time')}<th class="left">Trial</th></tr></thead><tbody>
${trials.map((trial) => markup`<tr><td>${names.get(trial.rowKey) ?? trial.method}</td><td data-value="${trial.seed}">${trial.seed}</td>${table.metrics.map(({ id, unit }) => markup`<td data-value="${trial.metrics[id] ?? ''}">${trial.metrics[id] === undefined ? (trial.state === 'done' ? MISSING : trial.state) : formatValue(trial.metrics[id], unit, unit === 'share' ? 2 : 4)}</td>`)}<td data-value="${trial.cost?.seconds ?? ''}">${trial.cost === null ? MISSING : formatSeconds(trial.cost.seconds)}</td><td class="left"><code title="${trial.id}">${trial.id.slice(0, 12)}</code>${trial.failure !== null && markup`<span class="remark failed">${trial.failure.message}</span>`}</td></tr>`)}</tbody></table></div></details>`;
}

function protocolSection(suite: ReportInput['suites'][number]): Markup {
  return markup`<h3>${suite.title} <span class="soft">${suite.id}, version ${suite.version}</span></h3><p>${suite.summary}</p><p class="soft">Scenario ${suite.scenario} · protocol hash <code>${suite.protocolHash}</code></p>
${suite.datasets.map((dataset) => markup`<p>Data <b>${dataset.id}</b>: ${dataset.source} · ${dataset.licence}${dataset.sha256 !== null && markup` · SHA-256 <code>${dataset.sha256}</code>`}</p>`)}<details><summary>The whole protocol</summary><pre>${JSON.stringify(suite.protocol, null, 2)}</pre></details>`;
}

function hyperParameters(input: ReportInput): Markup {
  return markup`<h3>Hyper-parameters</h3><div class="wide"><table><thead><tr><th>Method</th><th class="left">Settings</th></tr></thead><tbody>${input.leaderboard.rows.map((row) => markup`<tr><td>${row.name}</td><td class="left">${Object.entries(row.hyperParameters).map(([name, value], i) => markup`${i > 0 && ', '}<code>${name}</code> = ${String(value)}`)}${Object.keys(row.hyperParameters).length === 0 && 'none'}</td></tr>`)}</tbody></table></div>`;
}

function environments(trials: readonly ReportTrial[]): Markup {
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

function reproduce(input: ReportInput): Markup {
  return markup`${input.commands.map(({ what, command }) => markup`<p class="what">${what}</p><pre>${command}</pre>`)}
<details><summary>Each trial by itself</summary><pre>${input.trials
    .filter(({ role }) => role === 'cell')
    .map(({ id, command }) => `# ${id.slice(0, 12)}\n${command}`)
    .join('\n')}</pre></details>
<details><summary>The study as it was asked for</summary><pre>${pretty(input.study.request)}</pre></details>`;
}

function pretty(value: JsonValue): string {
  return JSON.stringify(value, null, 2);
}
