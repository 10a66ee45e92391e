import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue';

/** The window's height, as it changes: for pictures that fill what is left of it. */
export function useWindowHeight(): Ref<number> {
  const height = ref(window.innerHeight);
  const read = (): void => {
    height.value = window.innerHeight;
  };
  onMounted(() => window.addEventListener('resize', read));
  onBeforeUnmount(() => window.removeEventListener('resize', read));
  return height;
}
