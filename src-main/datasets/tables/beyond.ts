import { refusal } from '../refuse.ts';
import type { ColumnFacts } from './column.ts';
import { quoted } from './kinds.ts';

/** @throws DatasetError when a number of the column, a feature or the target, is too large for networks. */
export function refuseBeyond({ beyond, name }: Pick<ColumnFacts, 'beyond' | 'name'>, where: string): void {
  if (beyond === null) return;
  const { line, text } = beyond;
  throw refusal({
    where: `${where}, row ${line}, column "${name}"`,
    expected: 'a number up to ±3.4e38, the largest that networks compute with',
    found: text,
    remedy:
      `Correct the value, say \`--missing ${quoted(text)}\` if it stands for no value, or leave the column out ` +
      `with \`--ignore ${quoted(name)}\`.`,
  });
}
