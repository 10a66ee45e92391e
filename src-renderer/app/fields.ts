import { allowed, shownValue } from '../../src-main/methods/field-text.ts';
import type { FormField } from '../../src-main/workbench/contract/contract.ts';

/** The fields of a method's form, the same wherever it is filled in. */

/** What a field is and, where it is typed, what it takes, in sentences. */
export function fieldWords(field: FormField): string {
  const { description, kind } = field;
  const sentence = description === '' || /[.!?]$/.test(description) ? description : `${description}.`;
  const isChosen = kind === 'boolean' || kind === 'choice';
  return `${sentence}${isChosen ? '' : ` Takes ${allowed(field)}.`}`.trim();
}

export interface ChoiceOption {
  readonly value: string | boolean;
  readonly text: string;
}

/** The choices of a select beside the usual value, which is its first option; `typed`: what was chosen stays there. */
export function otherChoices(field: FormField, usual: FormField['default'] | null, typed?: string): ChoiceOption[] {
  const all = field.kind === 'boolean' ? [true, false] : (field.choices ?? []);
  return all
    .filter((value) => value !== usual || String(value) === typed)
    .map((value) => ({ value, text: shownValue(field, value) }));
}
