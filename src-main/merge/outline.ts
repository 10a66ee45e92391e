import { costOf, memoryOf } from './estimate.ts';
import type { StepCost } from './estimate.ts';
import type { MergePlan, PlannedStep } from './plan.ts';

/** What a merge reads, writes and needs, for `--dry-run` and before it begins. */
export interface MergeOutline {
  readonly steps: readonly OutlinedStep[];
  readonly files: readonly string[];
  readonly memoryBytes: number;
  readonly notes: readonly string[];
}

export interface OutlinedStep extends StepCost {
  readonly method: string;
  readonly title: string;
  readonly base: string | null;
  readonly models: readonly string[];
  readonly merged: number;
  readonly copied: number;
  readonly settings: readonly { readonly match: string; readonly what: string }[];
}

export function outlineOf(plan: MergePlan): MergeOutline {
  const costs = plan.steps.map((step) => costOf(plan, step));
  return {
    steps: plan.steps.map((planned, index) => ({ ...costs[index], ...described(planned) })),
    files: plan.steps.at(-1)?.targets ?? [],
    memoryBytes: memoryOf(costs),
    notes: plan.steps.flatMap(({ notes }) => notes),
  };
}

function described({ step, groups, base, models, tensors }: PlannedStep): Omit<OutlinedStep, keyof StepCost> {
  const main = groups[groups.length - 1];
  return {
    method: step.method,
    title: main.kind === 'merge' ? main.with.method.title : step.method,
    base: base?.label ?? null,
    models: models.map(({ label }) => label),
    merged: tensors.filter(({ made }) => 'group' in made).length,
    copied: tensors.filter(({ made }) => 'copy' in made).length,
    settings: groups.map((group, index) => ({
      match: [step.layers[index]?.match ?? '*'].flat().join(', '),
      what:
        group.kind === 'take'
          ? `taken from ${group.from === 'base' ? 'the base' : models[group.from].label}`
          : `${group.with.method.title}: ${Object.entries(group.values)
              .map(([name, value]) => `${name}=${String(value)}`)
              .join(', ')}; weights ${group.weights.join(', ')}`,
    })),
  };
}
