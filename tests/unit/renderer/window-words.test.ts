import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '../../../src-main/workbench/contract/contract.ts';
import { failureOf } from '../../../src-renderer/transport/failures.ts';
import { windowWords } from '../../../src-renderer/transport/window-words.ts';

describe('what the Workbench says, in the window', () => {
  it.each([
    ['`touchstone study list` lists them.', 'Home lists them.'],
    ['`touchstone study show <study>` lists the trials.', 'The page of a study lists the trials.'],
    [
      'See `touchstone data list`, then `touchstone data get <id>` or `touchstone data import <id> <folder>`.',
      'See Data, then Download or Import….',
    ],
    ['say `--missing 1e300` if it stands for no value', 'say “No value: 1e300” if it stands for no value'],
    ['leave the column out with `--ignore t`', 'leave the column out with “Taken as ignored: t”'],
    ['name another one (`--separator`)', 'name another one (“Separator”)'],
    ['`--target y --task numbers`', '“Target: y” with “Told by: numbers”'],
  ])('%s', (said, shown) => expect(windowWords(said)).toBe(shown));

  it('keeps commands and options that the window has no words for, and code that is neither', () => {
    for (const text of ['`touchstone doctor --provision`', '`--target y --other z`', '`x = 1`', 'plain'])
      expect(windowWords(text)).toBe(text);
  });

  it('stands in every failure that screens show; details stay as they are', () => {
    const remedy = 'Name its separator: `--separator ";"`.';
    const thrown = new WorkbenchError({ kind: 'invalid-input', message: 'No table.', remedy, details: remedy });
    expect(failureOf(thrown)).toEqual({
      kind: 'invalid-input',
      message: 'No table.',
      remedy: 'Name its separator: “Separator: ";"”.',
      details: remedy,
    });
  });
});
