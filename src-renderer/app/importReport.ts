import { plural } from './format.ts';
import { useAnnounce } from '../stores/announce.ts';
import { useClient } from '../stores/client.ts';
import { useStudies } from '../stores/studies.ts';
import { failureOf } from '../transport/failures.ts';

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

/** Takes in a report that was exported as JSON, and opens its study by `open`. What goes wrong is said in a notice. */
export async function importReport(open: (route: string) => Promise<unknown>): Promise<void> {
  const announce = useAnnounce();
  try {
    const file = await pickFile('.json,application/json');
    if (file === null) return;
    const { study, trials, alreadyThere, notChecked } = await useClient().call('report.import', {
      text: await file.text(),
    });
    await useStudies().refresh();
    await open(`/study/${study}`);
    announce.show(
      alreadyThere > 0
        ? `${file.name} is here already, with ${plural(alreadyThere, 'trial')}.`
        : `${plural(trials, 'trial')} imported from ${file.name}${notChecked > 0 ? `; ${notChecked} cannot be checked: shown, not ranked` : ''}.`,
      'success',
    );
  } catch (thrown) {
    const { message, remedy } = failureOf(thrown);
    announce.show(`The report could not be imported: ${message} ${remedy ?? ''}`.trim(), 'error');
  }
}
