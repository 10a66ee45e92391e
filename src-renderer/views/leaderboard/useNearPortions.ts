import { onBeforeUnmount, onMounted, onUpdated, ref, type Ref } from 'vue';
import type { Portion } from './board-lines.ts';

const USUAL_HEIGHT = 36;
const NEAR = '600px';

/** Which portions of a table are near what is in sight, and how high the others were when they were last drawn. */
export function useNearPortions(table: Ref<HTMLTableElement | null>) {
  const near = ref(new Set<string>());
  const heights = new Map<string, number>();
  let observer: IntersectionObserver | null = null;

  function passed(entries: readonly IntersectionObserverEntry[]): void {
    const now = new Set(near.value);
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const key = target.getAttribute('data-portion') ?? '';
      if (!target.isConnected) observer?.unobserve(target);
      if (isIntersecting) now.add(key);
      else if (now.delete(key) && target.isConnected) heights.set(key, boundingClientRect.height);
    }
    near.value = now;
  }
  /** What is observed already stays so. */
  function observe(): void {
    for (const body of table.value?.tBodies ?? []) observer?.observe(body);
  }
  onMounted(() => {
    // What scrolls is around the table; a margin counts from its edge only.
    observer = new IntersectionObserver(passed, {
      root: table.value?.parentElement ?? null,
      rootMargin: `${NEAR} 0px`,
    });
    observe();
  });
  onUpdated(observe);
  onBeforeUnmount(() => observer?.disconnect());

  /**
   * The first ones are there before anything is known of what is in sight; the line that has the keyboard's place is
   * always there.
   */
  const isDrawn = ({ key, stays, lines }: Portion, place: number, activeRow: number): boolean =>
    stays || place < 2 || near.value.has(key) || lines.some(({ index }) => index === activeRow);
  const heightOf = ({ key, lines }: Portion): number => heights.get(key) ?? USUAL_HEIGHT * lines.length;
  return { isDrawn, heightOf };
}
