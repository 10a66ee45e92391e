import { Option } from 'commander';
import type { Command } from 'commander';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { TableOptions } from '../workbench/contract/contract.ts';
import { givenPath } from './given-path.ts';

/** What commander makes of the options of `data import` and `data preview`. */
export interface TableArguments {
  readonly target?: string;
  readonly task?: 'classes' | 'numbers';
  readonly ignore?: string[];
  readonly categories?: string[];
  readonly numbers?: string[];
  readonly order?: string[];
  readonly missing?: string[];
  readonly separator?: string;
  readonly decimal?: string;
  readonly header?: boolean;
  readonly names?: string[];
  readonly encoding?: 'utf-8' | 'windows-1252' | 'utf-16le';
  readonly test?: string;
  readonly labels?: 'keep' | 'merge';
  readonly dropUnlabelled?: boolean;
  readonly title?: string;
  readonly licence?: string;
}

/** Adds the options by which a person says how a table is to be understood. Columns are given by name, or by number. */
export function withTableOptions(command: Command): Command {
  return command
    .option('--target <column>', 'the column to predict')
    .addOption(new Option('--task <task>', 'what the target is').choices(['classes', 'numbers']))
    .option('--ignore <columns...>', 'columns to leave out')
    .option('--categories <columns...>', 'columns whose values are names, also where they look like numbers')
    .option('--numbers <columns...>', 'columns to use as numbers, also where something else is proposed')
    .option('--order <column=levels...>', 'levels in their order: size=small,medium,large')
    .option('--missing <words...>', 'words for "no value", in place of the usual ones')
    .option('--separator <sign>', 'between values: , ; | tab, or blanks')
    .option('--decimal <sign>', 'the decimal sign: . or ,')
    .option('--header', 'the first row is a header')
    .option('--no-header', 'the first row is data')
    .option('--names <names...>', 'names of all columns, for a file without a header')
    .addOption(new Option('--encoding <encoding>', 'of the text').choices(['utf-8', 'windows-1252', 'utf-16le']))
    .option('--test <file or share>', 'a file of test rows, or the share put aside (0.3)')
    .addOption(new Option('--labels <what>', 'labels that differ by case or blanks only').choices(['keep', 'merge']))
    .option('--drop-unlabelled', 'leave out rows without a target')
    .option('--title <title>', 'by default the name of the file')
    .option('--licence <licence>', 'of the data');
}

/** The same as the contract wants it. Throws WorkbenchError for what can't be read. */
export function tableOptionsOf(given: TableArguments): TableOptions {
  const { target, task, header, encoding, labels, title, licence } = given;
  return {
    ...(target === undefined ? {} : { target }),
    ...(task === undefined ? {} : { task }),
    ...(header === undefined ? {} : { header }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(labels === undefined ? {} : { labels }),
    ...(title === undefined ? {} : { title }),
    ...(licence === undefined ? {} : { licence }),
    ...(given.ignore === undefined ? {} : { ignore: given.ignore }),
    ...(given.categories === undefined ? {} : { categories: given.categories }),
    ...(given.numbers === undefined ? {} : { numbers: given.numbers }),
    ...(given.order === undefined ? {} : { order: given.order.map(orderOf) }),
    ...(given.missing === undefined ? {} : { missing: given.missing.flatMap((words) => words.split(',')) }),
    ...(given.separator === undefined ? {} : { separator: separatorOf(given.separator) }),
    ...(given.decimal === undefined ? {} : { decimal: decimalOf(given.decimal) }),
    ...(given.names === undefined ? {} : { names: given.names.flatMap((names) => names.split(',')) }),
    ...(given.test === undefined ? {} : { test: testOf(given.test) }),
    ...(given.dropUnlabelled === true ? { unlabelled: 'leave-out' } : {}),
  };
}

function orderOf(text: string): { column: string; levels: string[] } {
  const at = text.lastIndexOf('=');
  const levels = text
    .slice(at + 1)
    .split(',')
    .map((level) => level.trim());
  if (at < 1 || levels.length < 2 || levels.includes(''))
    throw wrong(
      `"${text}" is no order.`,
      'Give a column and its levels, the least first: `--order size=small,medium,large`.',
    );
  return { column: text.slice(0, at), levels };
}

function separatorOf(text: string): string {
  const named = new Map([
    ['tab', '\t'],
    ['\\t', '\t'],
    ['comma', ','],
    ['semicolon', ';'],
    ['blank', ' '],
    ['space', ' '],
  ]).get(text.toLowerCase());
  if (named !== undefined) return named;
  if (text === 'blanks' || text.length === 1) return text;
  throw wrong(`"${text}" is no separator.`, 'Give one sign (";"), "tab" or "blanks".');
}

function decimalOf(text: string): '.' | ',' {
  if (text === ',' || text === 'comma') return ',';
  if (text === '.' || text === 'point') return '.';
  throw wrong(`"${text}" is no decimal sign.`, 'Give . or , (also as "point" or "comma").');
}

function testOf(text: string): { share: number } | { file: string } {
  if (!/^\d*\.?\d+%?$/.test(text)) return { file: givenPath(text) };
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (share > 0 && share < 1) return { share };
  throw wrong(`"${text}" is no share of test rows.`, 'Give a number between 0 and 1, or a file of test rows.');
}

const wrong = (message: string, remedy: string): WorkbenchError =>
  new WorkbenchError({ kind: 'invalid-input', message, remedy, details: null });
