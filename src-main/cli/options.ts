import { Option } from 'commander';

/** `--json`, the same for every command that answers with a value. */
export const jsonOption = (): Option => new Option('--json', 'machine-readable output on stdout').default(false);
