import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');

const BASE = ['engine', 'base'];
const DOMAIN = ['methods', 'datasets', 'metrics', 'checkpoints', ...BASE];
const STUDIES = ['merge', 'ensemble', 'suites', 'own', 'results', 'reports', 'trial', ...DOMAIN];
const SHELL = ['workbench', ...STUDIES];

/** Folder of src-main → folders that its files may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  electron: SHELL,
  server: SHELL,
  worker: SHELL,
  // The command line is the entry of every process that is not a window.
  cli: [...SHELL, 'server', 'worker'],
  // `npm run bench`: measures the program from outside and from inside.
  bench: [...SHELL, 'cli', 'worker'],
  workbench: STUDIES,
  suites: DOMAIN,
  // A person's own methods and suites.
  own: ['suites', ...DOMAIN],
  // Merges of a person's own checkpoints, file by file.
  merge: ['own', ...DOMAIN],
  // Ensembles of a person's own predictions.
  ensemble: DOMAIN,
  results: DOMAIN,
  // One trial from its order to its result; the process around it is the worker's.
  trial: ['suites', 'results', ...DOMAIN],
  reports: ['results', ...DOMAIN],
  methods: ['checkpoints', ...BASE],
  datasets: BASE,
  metrics: BASE,
  engine: ['base'],
  // A person's own files of tensors: the format, and nothing of what is done with them.
  checkpoints: ['base'],
  base: [],
};

/** Single files that a folder above or beside may use, each with its reason. */
const OPEN_FILES: Readonly<Record<string, { readonly to: readonly string[]; readonly because: string }>> = {
  'server/policy.ts': { to: ['electron'], because: 'one content security policy for both shells' },
};

/** Files of src-main whose values the renderer may use; anything else only as types. They must run in a browser. */
const RENDERER_VALUES = [
  ...[
    'contract',
    'boards',
    'catalogue',
    'data',
    'errors',
    'events',
    'reports',
    'studies',
    'system',
    'trials',
    'wire',
    'words',
  ].map((name) => `workbench/contract/${name}.ts`),
  'workbench/seeds.ts',
  'metrics/cost-definitions.ts',
  'metrics/format.ts',
  'metrics/claims/verdicts.ts',
  'metrics/configuration-names.ts',
  'metrics/statistics/estimates.ts',
  'metrics/live-points.ts',
  'metrics/looks.ts',
  'metrics/short-names.ts',
  'metrics/primitives.ts',
  'metrics/pictures/ticks.ts',
  'metrics/pictures/curves.ts',
  'metrics/pictures/matrices.ts',
  'metrics/statistics/measured.ts',
  ...['cells', 'columns', 'rows', 'numbers', 'table', 'lost', 'marks-of-row'].map((name) => `metrics/board/${name}.ts`),
  'results/states.ts',
  'reports/escapes.ts',
  'reports/board-text.ts',
  'base/apart-names.ts',
  'base/numbers.ts',
  'base/places.ts',
  'base/remembered.ts',
  'base/shortened.ts',
  'workbench/quoted.ts',
  'workbench/removal.ts',
  'workbench/sweep.ts',
  'methods/field-text.ts',
  'methods/grants.ts',
  'methods/kinds.ts',
  'suites/made/form.ts',
  'methods/families.ts',
];

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Every import, re-export and literal `import()` of a TypeScript text. */
function importsOf(text: string): Import[] {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier && ts.isStringLiteral(specifier))
      found.push({
        specifier: specifier.text,
        typeOnly,
        line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(
        node,
        node.moduleSpecifier,
        node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes(node.importClause?.namedBindings),
      );
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const allTypes = (bindings: ts.NamedImportBindings | undefined): boolean =>
  bindings !== undefined &&
  ts.isNamedImports(bindings) &&
  bindings.elements.length > 0 &&
  bindings.elements.every((e) => e.isTypeOnly);

/**
 * What is wrong with one import of a file (paths relative to the project), as a sentence that says what to do; null
 * when it is in order.
 */
function problem(file: string, { specifier, typeOnly }: Import): string | null {
  if (specifier === 'electron' || specifier.startsWith('electron/')) {
    return file.startsWith('src-main/electron/')
      ? null
      : 'only src-main/electron may import electron: put what is needed behind the contract ' +
          '(src-main/workbench/contract/contract.ts) or pass it in';
  }
  if (!specifier.startsWith('.')) return null;
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  const inside = target.startsWith('src-main/') ? target.slice('src-main/'.length) : null;
  if (file.startsWith('src-renderer/')) {
    if (inside === null || typeOnly || RENDERER_VALUES.includes(inside)) return null;
    return (
      'the renderer knows the contract and nothing else: ask for it through ' +
      `src-main/workbench/contract/contract.ts, or \`import type\` when only the type of ${target} is ` +
      'needed'
    );
  }
  if (target.startsWith('src-renderer/'))
    return 'src-main must not know the renderer: move what both need to src-main/workbench/contract/contract.ts';
  if (inside === null) return null;
  const from = folderOf(file.slice('src-main/'.length)),
    to = folderOf(inside);
  const allowed = ALLOWED[from];
  if (!allowed)
    return `src-main/${from} is a new folder: say in ALLOWED of tests/unit/layers.test.ts which layer it belongs to`;
  if (from === to || allowed.includes(to) || OPEN_FILES[inside]?.to.includes(from)) return null;
  return (
    `${from} may import only from ${allowed.join(', ') || 'itself'}, not from ${to}: move what it ` +
    "needs down (types to the lower folder's contract), or pass it in from above"
  );
}

const folderOf = (inside: string): string => inside.split('/')[0] ?? '';

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((f) => path.posix.join(folder, f.replaceAll(path.sep, '/')))
    .filter((f) => /\.(ts|vue|mjs|cjs)$/.test(f));
}

function textOf(file: string): string {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  if (!file.endsWith('.vue')) return text;
  return [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => m[1] ?? '').join('\n');
}

/**
 * The groups of nodes of a graph that reach one another (Tarjan's strongly connected components of two nodes or more).
 */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    const own = order.size;
    order.set(node, own);
    stack.push(node);
    let low = own;
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, lowest.get(next) ?? order.get(next) ?? low);
    }
    lowest.set(node, low);
    if (low === own) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1) found.push(group.toSorted());
    }
    return low;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return found;
}

const files = [...sourceFiles('src-main'), ...sourceFiles('src-renderer')];

describe('layers', () => {
  it('imports point downwards only', () => {
    expect(files.length).toBeGreaterThan(50);
    const wrong = files.flatMap((file) =>
      importsOf(textOf(file)).flatMap((i) => {
        const text = problem(file, i);
        return text === null ? [] : [`${file}:${i.line} imports ${i.specifier}: ${text}`];
      }),
    );
    expect(wrong.join('\n')).toBe('');
  });

  it('keeps what the renderer may use free of Node', () => {
    const reach = (file: string, seen: Set<string>): string[] => {
      if (seen.has(file)) return [];
      seen.add(file);
      return importsOf(textOf(file))
        .filter((i) => !i.typeOnly)
        .flatMap(({ specifier }) => {
          if (specifier.startsWith('node:'))
            return [
              `${file} imports ${specifier}, which no browser has: move that part to a file that the renderer ` +
                'does not use',
            ];
          return specifier.startsWith('.')
            ? reach(path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier)), seen)
            : [];
        });
    };
    const seen = new Set<string>();
    expect(
      RENDERER_VALUES.filter((f) => files.includes(`src-main/${f}`))
        .flatMap((f) => reach(`src-main/${f}`, seen))
        .join('\n'),
    ).toBe('');
  });

  it('makes no circle of files, by types neither', () => {
    const targets = new Map(
      files.map((file) => [
        file,
        importsOf(textOf(file))
          .filter((i) => i.specifier.startsWith('.'))
          .map((i) => path.posix.normalize(path.posix.join(path.posix.dirname(file), i.specifier)))
          .filter((target) => target !== file),
      ]),
    );
    expect(circles(targets).map((circle) => circle.join(' → '))).toEqual([]);
  });

  it('makes no circle of folders', () => {
    const visit = (folder: string, above: readonly string[]): string[] =>
      above.includes(folder)
        ? [[...above, folder].join(' → ')]
        : (ALLOWED[folder] ?? []).flatMap((next) => visit(next, [...above, folder]));
    expect(Object.keys(ALLOWED).flatMap((folder) => visit(folder, []))).toEqual([]);
  });
});

describe('the rule itself', () => {
  it('sees circles, one through another too', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['e']],
      ['e', []],
    ]);
    expect(circles(graph)).toEqual([['a', 'b', 'c']]);
  });

  const check = (file: string, code: string): (string | null)[] => importsOf(code).map((i) => problem(file, i));

  it('sees static, re-exporting, dynamic and type imports', () => {
    const code =
      "import a from './a.ts';\nimport type { B } from './b.ts';\nexport * from './c.ts';\nconst d = " +
      "await import('./d.ts');\ntype E = import('./e.ts').E;\nimport { type F } from './f.ts';";
    expect(importsOf(code).map((i) => [i.specifier, i.typeOnly, i.line])).toEqual([
      ['./a.ts', false, 1],
      ['./b.ts', true, 2],
      ['./c.ts', false, 3],
      ['./d.ts', false, 4],
      ['./e.ts', true, 5],
      ['./f.ts', true, 6],
    ]);
  });

  it.each([
    ['src-main/engine/x.ts', `import { y } from '../methods/y.ts'`, 'not from methods'],
    ['src-main/methods/continual/x.ts', `import type { Y } from '../../suites/contract.ts'`, 'not from suites'],
    ['src-main/results/x.ts', `export * from '../workbench/y.ts'`, 'not from workbench'],
    ['src-main/server/x.ts', `import { app } from 'electron'`, 'only src-main/electron'],
    ['src-main/workbench/x.ts', `import { y } from '../worker/main.ts'`, 'not from worker'],
    ['src-main/novelty/x.ts', `import { y } from '../engine/y.ts'`, 'new folder'],
    ['src-main/engine/x.ts', `import { y } from '../../src-renderer/y.ts'`, 'must not know the renderer'],
    ['src-renderer/views/x.ts', `import { y } from '../../src-main/engine/y.ts'`, 'contract and nothing else'],
  ])('refuses in %s: %s', (file, code, words) => {
    expect(check(file, code)).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    ['src-main/workbench/x.ts', `import { y } from '../trial/messages.ts'`],
    ['src-main/electron/x.ts', `import { app } from 'electron'`],
    ['src-main/suites/continual/x.ts', `import { y } from '../../methods/contract.ts'`],
    ['src-renderer/views/x.ts', `import type { Y } from '../../src-main/engine/types.ts'`],
    ['src-renderer/views/x.ts', `import { contract } from '../../src-main/workbench/contract/contract.ts'`],
    ['src-main/engine/x.ts', `import { z } from 'zod'`],
  ])('accepts in %s: %s', (file, code) => {
    expect(check(file, code)).toEqual([null]);
  });
});
