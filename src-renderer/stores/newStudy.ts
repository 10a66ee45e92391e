import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { z } from 'zod';
import { studyRequest } from '../../src-main/workbench/contract.ts';
import type { StudyRequest } from '../../src-main/workbench/contract.ts';
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
});
const EMPTY: Draft = { name: '', suites: [], configurations: [], seeds: '0-4', backend: 'auto', references: true };

/** The study that a person is putting together: it stays while they look at something else, and over a reload. */
export const useNewStudy = defineStore('new-study', () => {
  const remembered = recall('new-study', draftText, EMPTY);
  const name = ref(remembered.name);
  const suites = ref<readonly string[]>(remembered.suites);
  const configurations = ref<readonly Configuration[]>(remembered.configurations);
  const seeds = ref(remembered.seeds);
  const backend = ref<StudyRequest['backend']>(remembered.backend);
  const references = ref(remembered.references);

  const draft = computed((): Draft => ({
    name: name.value,
    suites: suites.value,
    configurations: configurations.value,
    seeds: seeds.value,
    backend: backend.value,
    references: references.value,
  }));
  watch(draft, (value) => remember('new-study', value));

  function set(next: Draft): void {
    name.value = next.name;
    suites.value = next.suites;
    configurations.value = next.configurations;
    seeds.value = next.seeds;
    backend.value = next.backend;
    references.value = next.references;
  }

  /** Begins with what another study asked for. */
  function take(request: StudyRequest): void {
    set(draftOf(request));
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
    draft,
    take,
    addMethod,
    addSuites,
    fresh,
    clear: () => set(EMPTY),
  };
});
