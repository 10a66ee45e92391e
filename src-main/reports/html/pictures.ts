import { shortened } from '../../base/shortened.ts';
import { bandedCurves } from '../../metrics/compare-curves.ts';
import type { LeaderboardRow } from '../../metrics/records.ts';
import type { CurveView } from '../../metrics/pictures/curves.ts';
import { shortNames } from '../../metrics/short-names.ts';
import type { ReportInput, ReportTrial } from '../input.ts';
import type { Markup } from '../markup.ts';
import { markup } from '../markup.ts';
import { MATRICES, matrixWords } from '../../metrics/pictures/matrices.ts';
import { dotPlot, heatmap, linePlot } from '../pictures.ts';
import type { SuiteBoard } from '../suite-boards.ts';
import { metricHeader } from '../words.ts';

/** More curves are not told apart, and more dots in a column do not fit on a page. */
const MOST_CURVES = 6;
const MOST_LINES = 12;
const DOTS_OF_A_PICTURE = 30;

interface Shown {
  readonly key: string;
  readonly name: string;
  readonly look: LeaderboardRow['look'];
  readonly estimate: LeaderboardRow['cells'][number]['estimate'];
}

/** Dots by seed, mean curves and accuracy matrices of one suite. What is left out is said. */
export function suitePictures(input: ReportInput, board: SuiteBoard): Markup {
  const { metrics, suite } = board;
  const trials = input.trials.filter(
    // What diverged has left curves, but enters no mean.
    ({ suite: of, role, state, primitives }) =>
      of === suite && role === 'cell' && state === 'done' && primitives !== null,
  );
  const rows = board.rows.map((row): Shown => ({
    key: row.key,
    name: row.name,
    look: row.look,
    estimate: row.cells.find((cell) => cell.suite === suite)?.estimate ?? null,
  }));
  const best = bestOf(board, MOST_LINES);
  const few = rows.filter(({ key }) => best.has(key));
  const [headline] = metrics;
  return markup`<h3>${board.title}</h3>
${headline !== undefined && dots(metricHeader(headline), headline.unit, rows)}
${few.length < rows.length && markup`<p class="soft">Curves and matrices are those of ${few.length} of ${rows.length} configurations, the best by ${headline?.title ?? 'the first metric'}; the JSON report holds all.</p>`}
${curves(trials, few, input.view.curves)}${matrices(trials, few)}${byTask(trials, few)}${MATRICES.map((name) => named(name, trials, few))}`;
}

/** The best rows of a suite by rank, and its references. */
function bestOf(board: SuiteBoard, most: number): ReadonlySet<string> {
  const rank = (row: LeaderboardRow): number =>
    row.reference !== null
      ? 0
      : (row.cells.find(({ suite }) => suite === board.suite)?.rank ?? Number.POSITIVE_INFINITY);
  return new Set(
    shortened(
      [...board.rows].sort((a, b) => rank(a) - rank(b)),
      most,
    ).shown.map(({ key }) => key),
  );
}

function dots(title: string, unit: Parameters<typeof dotPlot>[1], rows: readonly Shown[]): Markup {
  const measured = rows.flatMap(({ name, look, estimate }) => (estimate === null ? [] : [{ name, look, estimate }]));
  const pictures = Math.ceil(measured.length / DOTS_OF_A_PICTURE);
  return markup`${Array.from({ length: pictures }, (_, p) => dotPlot(title, unit, measured.slice(p * DOTS_OF_A_PICTURE, (p + 1) * DOTS_OF_A_PICTURE)))}`;
}

function curves(trials: readonly ReportTrial[], rows: readonly Shown[], view: CurveView): Markup {
  const banded = rows.flatMap(({ key, name, look }) =>
    bandedCurves(
      key,
      trials.filter(({ rowKey }) => rowKey === key).flatMap(({ primitives }) => primitives ?? []),
    ).map((curve) => ({ name, look, curve })),
  );
  // One line per task repeats the matrices below.
  const kinds = [...new Map(banded.map(({ curve }) => [`${curve.name}\n${curve.x}`, curve])).values()].filter(
    ({ name }) => !/\btask \d+$/.test(name),
  );
  const pictures = shortened(kinds, MOST_CURVES).shown.map(({ name, x }) =>
    linePlot(
      name,
      banded.filter(({ curve }) => curve.name === name && curve.x === x),
      view,
    ),
  );
  const rest = kinds.slice(MOST_CURVES).map(({ name }) => name);
  return markup`${pictures}${rest.length > 0 && markup`<p class="soft">Not drawn, but in the JSON report: ${rest.join(', ')}.</p>`}`;
}

/** Accuracies of merges by task, with those of the experts and of their start: one map, a row a configuration. */
function byTask(trials: readonly ReportTrial[], rows: readonly Shown[]): Markup | null {
  const rowOf = (name: string, matrix: string, own: readonly ReportTrial[]) => {
    const [mean] = meanOf(matrix, own) ?? [];
    return mean === undefined || mean.length < 2 ? [] : [{ name, mean }];
  };
  const has = (id: string): boolean => trials.some(({ method }) => method === id);
  const found = [
    ...rows.flatMap(({ key, name }) =>
      rowOf(
        name,
        'accuracy.tasks',
        trials.filter(({ rowKey }) => rowKey === key),
      ),
    ),
    ...(has('own-experts') ? [] : rowOf('experts', 'accuracy.experts', trials)),
    ...(has('start') ? [] : rowOf('their start', 'accuracy.start', trials)),
  ];
  if (found.length < 2) return null;
  const words = { row: 'configuration', column: 'task', share: true };
  const list = found.map(({ name }, at) => `${at + 1} ${name}`).join(' · ');
  return markup`<p class="soft">Accuracy in % by task (column), mean over seeds. Rows: ${list}.</p><div class="maps">${heatmap(
    'Accuracy by task',
    'by task',
    found.map(({ mean }) => mean),
    words,
  )}</div>`;
}

/** One kind of matrix of a merge: what its rows and columns are, then a map for each configuration that has one. */
function named(name: string, trials: readonly ReportTrial[], rows: readonly Shown[]): Markup | null {
  const words = matrixWords(name);
  const maps = rows.flatMap((row) => {
    const mean = meanOf(
      name,
      trials.filter(({ rowKey }) => rowKey === row.key),
    );
    return mean === null ? [] : [{ name: row.name, mean }];
  });
  if (words === null || maps.length === 0) return null;
  const short = shortNames(
    maps.map((map) => map.name),
    Math.max(12, ...maps.map(({ mean }) => (mean[0]?.length ?? 0) * 6)),
  );
  const cells = { row: words.rows, column: words.columns, share: false };
  return markup`<p class="soft">${words.title}; row: ${words.rows}, column: ${words.columns}; mean over seeds.</p><div class="maps">${maps.map((map, m) => heatmap(`${words.title}: ${map.name}`, short[m] ?? map.name, map.mean, cells))}</div>`;
}

const meanOf = (name: string, trials: readonly ReportTrial[]): number[][] | null =>
  meanMatrix(
    trials.flatMap(({ primitives }) => {
      const matrix = primitives?.matrices[name];
      return matrix === undefined ? [] : [matrix];
    }),
  );

function matrices(trials: readonly ReportTrial[], rows: readonly Shown[]): Markup | null {
  const maps = rows.flatMap(({ key, name }) => {
    const own = trials.filter(({ rowKey }) => rowKey === key);
    const mean = meanOf('accuracy', own);
    return mean === null || mean.length < 2 ? [] : [{ name, mean }];
  });
  if (maps.length === 0) return null;
  const short = shortNames(
    maps.map(({ name }) => name),
    Math.max(12, ...maps.map(({ mean }) => mean.length * 6)),
  );
  return markup`<p class="soft">Accuracy in %, row: after task, column: on task; mean over seeds.</p><div class="maps">${maps.map(({ name, mean }, m) => heatmap(name, short[m] ?? name, mean))}</div>`;
}

type Matrix = readonly (readonly number[])[];

/** The mean of matrices of one form; null where there is none or where their forms differ. */
function meanMatrix(all: readonly Matrix[]): number[][] | null {
  const [first] = all;
  if (first === undefined) return null;
  const alike = (matrix: Matrix): boolean =>
    matrix.length === first.length && matrix.every((row, i) => row.length === first[i]?.length);
  if (!all.every(alike)) return null;
  return first.map((row, i) =>
    row.map((_, j) => all.reduce((sum, matrix) => sum + (matrix[i]?.[j] ?? Number.NaN), 0) / all.length),
  );
}
