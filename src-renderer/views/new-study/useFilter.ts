import { computed, type Ref, type WritableComputedRef } from 'vue';

/** What changes a filter of facets and text, and what tells whether it is set. `off`: the filter that lets all pass. */
export function useFilter<F extends { readonly needle: string }>(filter: Ref<F>, off: F) {
  const change = (part: Partial<F>): void => {
    filter.value = { ...filter.value, ...part };
  };
  const isSet = computed(() => Object.entries(off).some(([key, value]) => Reflect.get(filter.value, key) !== value));
  const needle: WritableComputedRef<string> = computed({
    get: () => filter.value.needle,
    set: (text) => {
      filter.value = { ...filter.value, needle: text };
    },
  });
  return { change, isSet, needle };
}
