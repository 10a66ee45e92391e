import type { Input } from '../../src-main/workbench/contract/contract.ts';
import { plural } from './format.ts';
import { useAnnounce } from '../stores/announce.ts';
import { useClient } from '../stores/client.ts';
import { useStudies } from '../stores/studies.ts';
import { failureOf } from '../transport/failures.ts';

/** Characters of a part. */
const PART = 4_000_000;

/** One file that the person picks; null when they think better of it. */
function pickFile(accept: string): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

/** A report as the Workbench takes it: a large one goes over in parts first. */
async function handedOver(file: File): Promise<Input<'report.import'>> {
  const text = await file.text();
  if (text.length <= PART) return { text };
  let upload: string | null = null;
  for (let from = 0; from < text.length;) {
    // A character of two halves stays whole.
    const half = /[\uD800-\uDBFF]/.test(text.charAt(from + PART - 1));
    const part = text.slice(from, from + PART - (half ? 1 : 0));
    ({ upload } = await useClient().call('report.upload', { upload, part }));
    from += part.length;
  }
  return upload === null ? { text } : { upload };
}

/** Takes in a report that was exported as JSON, and opens its study by `open`. What goes wrong is said in a notice. */
export async function importReport(open: (route: string) => Promise<unknown>): Promise<void> {
  const announce = useAnnounce();
  try {
    const file = await pickFile('.json,application/json');
    if (file === null) return;
    const { study, trials, alreadyThere, notChecked } = await useClient().call('report.import', await handedOver(file));
    await useStudies().refresh();
    await open(`/study/${study}`);
    announce.show(
      alreadyThere > 0
        ? `${file.name} is here already, with ${plural(alreadyThere, 'trial')}.`
        : `${plural(trials, 'trial')} imported from ` +
            `${file.name}${notChecked > 0 ? `; ${notChecked} cannot be checked: shown, not ranked` : ''}.`,
      'success',
    );
  } catch (thrown) {
    const { message, remedy } = failureOf(thrown);
    announce.show(`The report could not be imported: ${message} ${remedy ?? ''}`.trim(), 'error');
  }
}
