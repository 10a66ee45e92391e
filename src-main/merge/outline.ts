import { memoryOf } from './estimate.ts';
import type { MergeOutline } from './messages.ts';
import type { MergePlan, PlannedStep } from './planned.ts';
import type { Group } from './settings.ts';

type OutlinedStep = MergeOutline['steps'][number];

export function outlineOf({ steps, costs, files }: MergePlan): MergeOutline {
  return {
    steps: steps.map((planned, index) => {
      const { passes, ...cost } = costs[index];
      return { ...cost, passes: [...passes], ...described(planned) };
    }),
    files: [...files],
    memoryBytes: memoryOf(costs),
    notes: steps.flatMap(({ notes }) => notes),
  };
}

type Described = Pick<OutlinedStep, 'method' | 'title' | 'base' | 'models' | 'merged' | 'copied' | 'settings'>;

function described({ step, groups, base, models, tensors }: PlannedStep): Described {
  const main = groups[groups.length - 1];
  const labels = models.map(({ label }) => label);
  return {
    method: step.method,
    title: main.kind === 'merge' ? main.with.method.title : step.method,
    base: base?.label ?? null,
    models: labels,
    merged: tensors.filter(({ made }) => 'group' in made).length,
    copied: tensors.filter(({ made }) => 'copy' in made).length,
    settings: groups.map((group, index) => ({
      match: [step.layers[index]?.match ?? '*'].flat().join(', '),
      what: settingsText(group, labels),
    })),
  };
}

function settingsText(group: Group, labels: readonly string[]): string {
  if (group.kind === 'take') return `taken from ${group.from === 'base' ? 'the base' : labels[group.from]}`;
  const { values, weights } = group;
  const set = Object.entries(values).map(([name, value]) => `${name}=${String(value)}`);
  const said = [...(set.length === 0 ? [] : [set.join(', ')]), `weights ${weights.join(', ')}`];
  return `${group.with.method.title}: ${said.join('; ')}`;
}
