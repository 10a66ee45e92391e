import { columnHeading, type TableColumn } from '../metrics/board/table.ts';
import { formatValue, MISSING } from '../metrics/format.ts';
import { tableMarkdown } from './board-text.ts';
import { escapeMarkdown, markdownBlock, markdownCode } from './escapes.ts';
import { when, type ReportInput } from './input.ts';
import { summarise } from './summary.ts';
import { shownBoards, shownComparisons, viewSentences } from './shown.ts';
import { foldsSentence, meanOver, metricFacts, publishedText } from './words.ts';

/** The report as GitHub-flavoured Markdown: summary, leaderboards, claims, protocol, environment, commands. */
export function markdownReport(input: ReportInput): string {
  const lines: string[] = [
    `# ${escapeMarkdown(input.title)}`,
    '',
    `Study “${escapeMarkdown(input.study.name)}”, report of ${when(input.createdAt)}, Touchstone ` +
      `${escapeMarkdown(input.version)}, ${escapeMarkdown(input.study.backend)}.`,
    '',
  ];
  lines.push(
    '## Summary',
    '',
    ...[...viewSentences(input), ...summarise(input)].flatMap((text) => [escapeMarkdown(text), '']),
    ...input.leaderboard.warnings.flatMap((text) => [`> ${escapeMarkdown(text)}`, '']),
  );
  const boards = shownBoards(input);
  const hasFolds = boards.some((board) => board.hasFolds);
  lines.push(
    '## Leaderboards',
    '',
    `Mean over ${meanOver(hasFolds)} ± half of the 95 % t-interval. **Bold**: best; ≈: not significantly worse ` +
      `than the best (paired t-test, Holm, at least five seeds).${foldsSentence(hasFolds)}`,
    '',
  );
  for (const board of boards) {
    lines.push(`### ${escapeMarkdown(board.title)} (${markdownCode(board.suite)})`, '');
    for (const table of [board.values, board.differences])
      if (table !== null) lines.push(tableMarkdown(table, headingInSuite), '');
  }
  const comparisons = shownComparisons(input);
  if (comparisons.length > 0)
    lines.push(
      '## Comparisons',
      '',
      ...comparisons.flatMap(({ suite, metric, pairs }) => [
        '### ' +
          `${escapeMarkdown(`${metricFacts(metric).title} on ${input.suites.find(({ id }) => id === suite)?.title ?? suite}`)}`,
        '',
        ...pairs.map(({ sentence }) => `* ${escapeMarkdown(sentence)}`),
        '',
      ]),
    );
  if (input.claims.length > 0) {
    lines.push(
      '## Claims',
      '',
      ...rows(
        ['Suite', 'Method', 'Metric', 'Published', 'Measured', 'n', 'Verdict', 'Note'],
        input.claims.map((claim) => {
          const { suite, method, metric, measured, verdict, note } = claim;
          const { unit } = metricFacts(metric);
          return [
            escapeMarkdown(suite),
            escapeMarkdown(method),
            markdownCode(metric, 'table'),
            escapeMarkdown(publishedText(claim, unit)),
            measured === null
              ? MISSING
              : `${formatValue(measured.mean, unit)} (${formatValue(measured.low, unit)} to ` +
                `${formatValue(measured.high, unit)})`,
            String(measured?.n ?? MISSING),
            escapeMarkdown(verdict),
            escapeMarkdown(note),
          ];
        }),
      ),
      '',
    );
  }
  lines.push('## Protocol and hyper-parameters', '');
  for (const suite of input.suites)
    lines.push(
      `* **${escapeMarkdown(suite.title)}** (${markdownCode(suite.id)}, version ${suite.version}, ` +
        `protocol ${markdownCode(suite.protocolHash)}): ${escapeMarkdown(suite.summary)}`,
    );
  lines.push(
    '',
    ...rows(
      ['Method', 'Settings'],
      [...new Map(boards.flatMap(({ rows: shown }) => shown.map((row) => [row.key, row] as const))).values()].map(
        (row) => [
          escapeMarkdown(row.name),
          escapeMarkdown(
            Object.entries(row.hyperParameters)
              .map(([name, value]) => `${name} = ${String(value)}`)
              .join(', ') || 'none',
          ),
        ],
      ),
    ),
    '',
  );
  const environments = [
    ...new Map(
      input.trials.flatMap(({ environment }) =>
        environment === null ? [] : [[JSON.stringify(environment), environment] as const],
      ),
    ).values(),
  ];
  lines.push(
    '## Environment',
    '',
    ...environments.map(
      (environment) =>
        `* ${escapeMarkdown(
          `${environment.backend}; ${environment.cpu}; GPU ${environment.gpu ?? 'none'}; ${environment.threads} threads; ${environment.platform}; ${Object.entries(
            environment.versions,
          )
            .map(([name, version]) => `${name} ${version}`)
            .join(', ')}`,
        )}`,
    ),
    '',
  );
  lines.push(
    '## How to reproduce',
    '',
    ...input.commands.flatMap(({ what, command }) => [escapeMarkdown(what), '', markdownBlock(command, 'sh'), '']),
  );
  return `${lines.join('\n').trimEnd()}\n`;
}

function rows(header: readonly string[], body: readonly (readonly string[])[]): string[] {
  return [
    `| ${header.join(' | ')} |`,
    `|${header.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`,
    ...body.map((cells) => `| ${cells.join(' | ')} |`),
  ];
}

/** Under the suite's own title, its name is not repeated in every heading. */
const headingInSuite = (column: TableColumn): string =>
  `${column.differenceTo === null ? '' : `Δ to ${column.differenceTo}: `}${columnHeading(column)}`;
