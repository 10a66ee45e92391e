import { describe, expect, it } from 'vitest';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { publishedSystems } from '../../../src-main/workbench/published-systems.ts';

const systems = publishedSystems();
const { methods } = await loadMethods();
const suites = await loadSuites();

describe('published systems', () => {
  it('are each named once', () => {
    expect(new Set(systems.map(({ title }) => title)).size).toBe(systems.length);
    expect(systems).toHaveLength(185);
  });

  it('are where they say that they are, in what a person can choose', () => {
    for (const { methods: ids, title } of systems)
      for (const id of ids) expect(methods.get(id)?.method.hidden, `${title}: ${id}`).toBe(undefined);
    for (const id of systems.flatMap((system) => system.suites)) expect(suites.get(id).facts.id).toBe(id);
  });

  // The paper of a method says whose method it is: a system is not forgotten here once its method is built.
  it('name every method that has their paper', () => {
    const byTitle = new Map(systems.map((system) => [system.title, system.methods]));
    for (const { method } of methods.values()) {
      if (method.hidden === true || method.paper === null) continue;
      const named = byTitle.get(method.paper.title);
      if (named !== undefined) expect(named, `${method.paper.title}: ${method.id}`).toContain(method.id);
    }
  });
});
