import path from 'node:path';
import { expect, it } from 'vitest';
import { givenPath } from '../../../src-main/cli/given-path.ts';

const root = path.resolve('/programs/touchstone');
const here = path.resolve('/home/ada/work');
const npm = { INIT_CWD: here, npm_package_json: path.join(root, 'package.json') };

it.each([
  ['the folder that the person is in, under npm', 'cats.csv', { cwd: root, env: npm }, path.join(here, 'cats.csv')],
  ['absolute paths stay', path.resolve('/a.csv'), { cwd: root, env: npm }, path.resolve('/a.csv')],
  ['without npm the process is there already', 'cats.csv', { cwd: here, env: {} }, path.join(here, 'cats.csv')],
  [
    'the variable of another program’s script means nothing',
    '../b.csv',
    { cwd: here, env: { INIT_CWD: '/elsewhere', npm_package_json: '/elsewhere/package.json' } },
    path.join(here, '..', 'b.csv'),
  ],
  [
    'nor does one that a shell inherited and left',
    'b.csv',
    { cwd: here, env: { ...npm, INIT_CWD: '/elsewhere' } },
    path.join(here, 'b.csv'),
  ],
])('%s', (_, given, { cwd, env }, expected) => {
  expect(givenPath(given, { cwd, env, root })).toBe(expected);
});
