import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { z } from 'zod';
import { studyRequest } from '../../src-main/workbench/contract/contract.ts';
import type { StudyRequest } from '../../src-main/workbench/contract/contract.ts';
import { recall, remember } from '../app/storage.ts';
import { draftOf, type Configuration, type Draft } from '../views/new-study/form.ts';

const draftText = z.object({
  name: z.string(),
  suites: z.array(z.string()),
  configurations: z.array(
    z.object({ key: z.number(), method: z.string(), label: z.string(), typed: z.record(z.string(), z.string()) }),
  ),
  seeds: z.string(),
  backend: studyRequest.shape.backend.removeDefault(),
  references: z.boolean(),
  /** The study that it adds to; null for one of its own. */
  extending: z.object({ id: z.string(), name: z.string() }).nullable().default(null),
});
const EMPTY = { name: '', suites: [], configurations: [], seeds: '0-4', backend: 'auto' as const, references: true };

/** The study that a person is putting together: it stays while they look at something else, and over a reload. */
export const useNewStudy = defineStore('new-study', () => {
  const remembered = recall('new-study', draftText, draftText.parse(EMPTY));
  const name = ref(remembered.name);
  const suites = ref<readonly string[]>(remembered.suites);
  const configurations = ref<readonly Configuration[]>(remembered.configurations);
  const seeds = ref(remembered.seeds);
  const backend = ref<StudyRequest['backend']>(remembered.backend);
  const references = ref(remembered.references);

  const extending = ref(remembered.extending);

  const draft = computed((): Draft => ({
    name: name.value,
    suites: suites.value,
    configurations: configurations.value,
    seeds: seeds.value,
    backend: backend.value,
    references: references.value,
  }));
  watch([draft, extending], () => remember('new-study', { ...draft.value, extending: extending.value }));

  function set(next: Draft): void {
    name.value = next.name;
    suites.value = next.suites;
    configurations.value = next.configurations;
    seeds.value = next.seeds;
    backend.value = next.backend;
    references.value = next.references;
  }

  /** Begins with what another study asked for, to make one like it or to add to it. */
  function take(study: { id: string; name: string; request: StudyRequest }, toExtend: boolean): void {
    set(draftOf(study.request));
    extending.value = toExtend ? { id: study.id, name: study.name } : null;
  }

  /** Begins with a request under its own name. */
  function begin(request: StudyRequest): void {
    set({ ...draftOf(request), name: request.name });
    extending.value = null;
  }

  function clear(): void {
    set(EMPTY);
    extending.value = null;
  }

  /** Adds a method with its usual settings, unless it is there. */
  function addMethod(method: string): void {
    if (configurations.value.some((one) => one.method === method)) return;
    configurations.value = [...configurations.value, fresh(method)];
  }

  function addSuites(ids: readonly string[]): void {
    suites.value = [...new Set([...suites.value, ...ids])];
  }

  /** A configuration of its own identity on screen, without own settings. */
  function fresh(method: string): Configuration {
    const key = 1 + Math.max(0, ...configurations.value.map((one) => one.key));
    return { key, method, label: '', typed: {} };
  }

  return {
    name,
    suites,
    configurations,
    seeds,
    backend,
    references,
    extending,
    draft,
    take,
    begin,
    addMethod,
    addSuites,
    fresh,
    clear,
  };
});
