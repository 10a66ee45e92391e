import type { Output } from '../workbench/contract/contract.ts';

/** What an import came to. */
export function importedText({ study, trials, alreadyThere, notChecked }: Output<'report.import'>): string {
  if (alreadyThere > 0) return `Study ${study}: this file is here already, with ${alreadyThere} trials.`;
  const unchecked = `; ${notChecked} of them cannot be checked by what the file holds: they are shown, but not ranked`;
  return `Study ${study}: ${trials} trials taken up${notChecked === 0 ? '' : unchecked}.`;
}
