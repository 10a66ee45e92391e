import { ref } from 'vue';
import { useRouter } from 'vue-router';
import { useAnnounce } from '../stores/announce.ts';
import { useStudies } from '../stores/studies.ts';
import { failureOf } from '../transport/failures.ts';

/** The first-run study: asks for it and opens its page; what goes wrong is said in a notice. */
export function useQuickStudy() {
  const router = useRouter();
  const studies = useStudies();
  const announce = useAnnounce();
  const starting = ref(false);

  async function start(): Promise<void> {
    starting.value = true;
    try {
      const study = await studies.quick();
      await router.push(`/study/${study.id}`);
    } catch (thrown) {
      const { kind, message, remedy } = failureOf(thrown);
      announce.show(remedy === null ? message : `${message} ${remedy}`, kind === 'cancelled' ? 'info' : 'error');
    } finally {
      starting.value = false;
    }
  }
  return { starting, start };
}
