import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const text = (name: string): string => readFileSync(join(root, name), 'utf8');

/** The lines of fenced sh blocks without comments. */
const commands = (name: string): string[] =>
  [...text(name).matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block]) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');

/** Commands of two words. */
const GROUPS = /^(study|data|suite) |^claims run$|^trial export$/;

describe('documentation', () => {
  // one start of the command line for each command: slow on a busy machine
  it.each(documents)('%s: every command exists, with the options that it uses', { timeout: 180_000 }, (name) => {
    const helps = new Map<string, string>();
    for (const command of commands(name)) {
      const [, script, rest] = /^npm (?:run )?(\S+)(?: -- (.*))?$/.exec(command) ?? [];
      if (script === undefined) continue;
      expect(Object.keys(JSON.parse(text('package.json')).scripts), command).toContain(script);
      if (script !== 'touchstone' || rest === undefined) continue;
      const words = rest.split(/\s+/),
        path = words.slice(0, GROUPS.test(words.slice(0, 2).join(' ')) ? 2 : 1);
      const help =
        helps.get(path.join(' ')) ??
        execFileSync(process.execPath, [join(root, 'src-main/cli/main.ts'), ...path, '--help'], { encoding: 'utf8' });
      helps.set(path.join(' '), help);
      expect(help, command).toContain(`touchstone ${path.join(' ')}`);
      for (const option of words.filter((word) => word.startsWith('-')))
        expect(help, command).toMatch(new RegExp(`(^|[\\s,])${option}([\\s,]|$)`, 'm'));
    }
  });

  it.each(documents)('%s: every link and picture is there', (name) => {
    for (const [, target] of text(name).matchAll(/\]\((?!https?:)([^)#]+)\)/g))
      expect(existsSync(join(root, dirname(name), target)), `${name} → ${target}`).toBe(true);
  });

  it('every method that the README names exists, and every suite file that the guides show', () => {
    expect(existsSync(join(root, 'src-main/suites/continual/shared/split-suite.ts'))).toBe(true);
    for (const method of ['naive', 'ewc', 'er', 'joint'])
      expect(existsSync(join(root, `src-main/methods/continual/${method}.ts`))).toBe(true);
  });
});
