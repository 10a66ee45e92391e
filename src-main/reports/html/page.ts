import { createHash } from 'node:crypto';
import { acrossSuites, LEAST_SUITES_FOR_GROUPS } from '../../metrics/across-suites.ts';
import { acrossSentences, acrossTable, criticalDifferencePicture, scorePicture, winPicture } from '../across-suites.ts';
import { when, type ReportInput } from '../input.ts';
import { foldsSentence, meanOver } from '../words.ts';
import { Markup, markup } from '../markup.ts';
import { shownBoards, shownComparisons, shownTrials, viewSentences } from '../shown.ts';
import { summarise } from '../summary.ts';
import { definitions, suiteSection } from './boards.ts';
import { suitePictures } from './pictures.ts';
import { SCRIPT } from './script.ts';
import {
  claimsTable,
  comparisonSection,
  environments,
  hyperParameters,
  protocolSection,
  reproduce,
} from './sections.ts';
import { seedTables } from './seeds.ts';
import { STYLE } from './style.ts';

const legend = (withFolds: boolean): Markup =>
  markup`Mean over ${meanOver(withFolds)} ± half of the 95 % t-interval. <b>Bold</b>: best. ≈: not significantly worse than the best (paired t-test by seed, Holm over all configurations against the best, at least five shared seeds).${foldsSentence(withFolds)} Costs: median of the trials on this suite, below it the least and the most. ↑ higher is better, ↓ lower is better. *: not all seeds are there.`;

type Section = readonly [id: string, title: string, content: Markup];

/** Configurations across all suites, where there are enough of these. */
function acrossSection({ leaderboard }: ReportInput): readonly Section[] {
  const across = acrossSuites(leaderboard);
  if (across === null || across.suites.length < LEAST_SUITES_FOR_GROUPS) return [];
  const { head, rows } = acrossTable(across);
  const content = markup`${acrossSentences(across).map((text) => markup`<p>${text}</p>`)}
<div class="wide"><table><thead><tr>${head.map((name) => markup`<th>${name}</th>`)}</tr></thead><tbody>${rows.map((cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>
${criticalDifferencePicture(across)}${scorePicture(across)}${winPicture(across)}`;
  return [['across', 'Across suites', content]];
}

/**
 * One HTML file that needs nothing else: it opens from a USB stick, in light and dark, and prints on A4. Its content
 * security policy allows nothing from outside and exactly one script, by hash. `paper`: to be printed at once, so what
 * would fill hundreds of pages is left to the other formats, which is said.
 */
export function htmlReport(input: ReportInput, paper = false): string {
  const boards = shownBoards(input);
  const trials = shownTrials(input);
  const comparisons = shownComparisons(input);
  const titleOf = (id: string): string => input.suites.find((suite) => suite.id === id)?.title ?? id;
  const hash = createHash('sha256').update(SCRIPT).digest('base64');
  const sections: readonly Section[] = [
    [
      'summary',
      'Summary',
      markup`${[...viewSentences(input), ...summarise(input)].map((text) => markup`<p>${text}</p>`)}${input.leaderboard.warnings.map((text) => markup`<p class="warning">${text}</p>`)}`,
    ],
    [
      'leaderboards',
      'Leaderboards',
      markup`<p class="soft">${legend(boards.some(({ hasFolds }) => hasFolds))}</p>
${boards.map(suiteSection)}${definitions(boards)}`,
    ],
    ...acrossSection(input),
    ['pictures', 'Pictures', markup`${boards.map((board) => suitePictures({ ...input, trials }, board))}`],
    [
      'comparisons',
      'Comparisons',
      comparisons.length === 0
        ? markup`<p class="soft">None.</p>`
        : markup`${comparisons.map((comparison) => comparisonSection(comparison, titleOf(comparison.suite), paper))}`,
    ],
    ['claims', 'Claims', claimsTable(input, titleOf)],
    ['seeds', 'Every seed', seedTables(boards, trials, paper)],
    [
      'protocol',
      'Protocol and hyper-parameters',
      markup`${input.suites.map(protocolSection)}${hyperParameters(boards)}`,
    ],
    ['environment', 'Environment', environments(input.trials)],
    ['reproduce', 'How to reproduce', reproduce(input, trials, paper)],
  ];
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="generator" content="Touchstone ${input.version}"><title>${input.title}</title><style>${new Markup(STYLE)}</style></head><body>
<header><h1>${input.title}</h1><p class="soft">Study “${input.study.name}” · started ${when(input.study.createdAt)} · report of ${when(input.createdAt)} · Touchstone ${input.version} · ${input.study.backend}</p>
<nav aria-label="Contents">${sections.map(([id, title]) => markup`<a href="#${id}">${title}</a>`)}</nav></header>
<main>
${sections.map(
  ([id, title, content]) => markup`<section id="${id}"><h2>${title}</h2>${content}</section>
`,
)}</main><script>${new Markup(SCRIPT)}</script></body></html>
`.text;
}
