import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');

/** Types whose keys are ours: names of our own manifest, signs, environment variables. */
const OURS = new Map([
  [
    'src-main/datasets/entry.ts: z.record(z.string(), z.string())',
    'file names of the manifest, looked up with Object.hasOwn',
  ],
  ['src-main/datasets/download.ts: Record<string, string>', 'headers of a request, ours'],
  ['src-main/datasets/tables/cells.ts: Readonly<Record<Decimal, RegExp>>', 'two signs'],
]);

/** Objects as dictionaries: `Record<…>`, `{ [name: string]: … }`, `z.record(…)`. */
function dictionaries(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(path.join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isRecord = ts.isTypeReferenceNode(node) && /^Record$/.test(node.typeName.getText());
    const isZod = ts.isCallExpression(node) && /\.record$/.test(node.expression.getText());
    if (isRecord || isZod || ts.isIndexSignatureDeclaration(node)) {
      const parent = isRecord && ts.isTypeReferenceNode(node.parent) ? node.parent : node;
      found.push(`${file}: ${parent.getText().replace(/\s+/g, ' ')}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

it('no object is a dictionary of names from outside: a column may be called constructor', () => {
  const files = readdirSync(path.join(ROOT, 'src-main', 'datasets'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join('src-main/datasets', name.replaceAll(path.sep, '/')));
  expect(files.length).toBeGreaterThan(30);
  const found = files.flatMap(dictionaries).filter((one) => !OURS.has(one));
  expect(found, 'use a Map, or a list of pairs').toEqual([]);
});
