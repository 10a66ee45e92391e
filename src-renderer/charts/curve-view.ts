import { computed, onMounted, type ComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { z } from 'zod';
import { CURVE_X, PLAIN_VIEW, type CurveView } from '../../src-main/metrics/pictures/curves.ts';
import { recall, remember } from '../app/storage.ts';

/** The choice of axes stands in the link and is remembered. */

const LOGS = ['', 'x', 'y', 'xy'] as const;
const stored = z.object({ x: z.enum(CURVE_X), log: z.enum(LOGS) });
type Stored = z.infer<typeof stored>;

const KEY = 'curves';

const write = ({ x, logX, logY }: CurveView): Stored => ({
  x,
  log: logX && logY ? 'xy' : logX ? 'x' : logY ? 'y' : '',
});
const read = ({ x, log }: Stored): CurveView => ({ x, logX: log.includes('x'), logY: log.includes('y') });

/** What a link says of it; what it does not say is `otherwise`. Anything else in its place counts as unsaid. */
export function readCurveView(query: Readonly<Record<string, unknown>>, otherwise: CurveView): CurveView {
  const usual = write(otherwise);
  const x = CURVE_X.find((choice) => choice === query['x']) ?? usual.x;
  const log = LOGS.find((choice) => choice === (query['log'] === 'none' ? '' : query['log'])) ?? usual.log;
  return read({ x, log });
}

/** The words of a link that say it. */
export function writeCurveView(view: CurveView): { readonly x: string; readonly log: string } {
  const { x, log } = write(view);
  return { x, log: log === '' ? 'none' : log };
}

/** What was chosen last, on whatever page. */
export const rememberedCurveView = (): CurveView => read(recall(KEY, stored, write(PLAIN_VIEW)));

/** The choice of this page: all its curves share it. */
export function useCurveView(): { view: ComputedRef<CurveView>; choose: (part: Partial<CurveView>) => void } {
  const route = useRoute();
  const router = useRouter();
  const remembered = rememberedCurveView();
  const view = computed(() => readCurveView(route.query, remembered));

  function choose(part: Partial<CurveView>): void {
    const next = { ...view.value, ...part };
    remember(KEY, write(next));
    void router.replace({ query: { ...route.query, ...writeCurveView(next) }, hash: route.hash });
  }

  // A link that is copied shows the same to somebody else, who remembers something else.
  onMounted(() => {
    const own = write(view.value);
    const usual = write(PLAIN_VIEW);
    if (
      route.query['x'] === undefined &&
      route.query['log'] === undefined &&
      (own.x !== usual.x || own.log !== usual.log)
    )
      void router.replace({ query: { ...route.query, ...writeCurveView(view.value) }, hash: route.hash });
  });
  return { view, choose };
}
