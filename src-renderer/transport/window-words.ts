/** What the Workbench says for the command line, in words of the window: options as the fields that stand for them. */

/** Fields by the option that does the same; an option without a field stays as it is. */
const FIELDS: Readonly<Record<string, string>> = {
  '--categories': 'Taken as category',
  '--decimal': 'Decimal',
  '--drop-unlabelled': 'Leave out rows without a target',
  '--encoding': 'Encoding',
  '--header': 'First row: header',
  '--ignore': 'Taken as ignored',
  '--labels': 'Labels alike',
  '--missing': 'No value',
  '--no-header': 'First row: data',
  '--numbers': 'Taken as number',
  '--separator': 'Separator',
  '--target': 'Target',
  '--task': 'Told by',
  '--test': 'File of test rows',
};

/** Places and buttons by the command that does the same. */
const PLACES: Readonly<Record<string, string>> = {
  'touchstone data get': 'Download, under Data',
  'touchstone data get <id>': 'Download',
  'touchstone data import <id> <folder>': 'Import…',
  'touchstone data list': 'Data',
  'touchstone study list': 'Home',
  'touchstone study show <study>': 'The page of a study',
};

/** A sentence with the window's words in place of the commands and options that it has words for. */
export function windowWords(text: string): string {
  return text.replace(/`([^`]+)`/g, (whole, command: string) => {
    const place = PLACES[command];
    if (place !== undefined) return place;
    const options = command.split(/ (?=--[a-z])/).map((option) => {
      const [, name = '', value = ''] = /^(\S+) ?(.*)$/.exec(option) ?? [];
      const field = FIELDS[name];
      return field === undefined ? null : `“${field}${value === '' ? '' : `: ${value}`}”`;
    });
    return options.includes(null) ? whole : options.join(' with ');
  });
}
