import { decimal } from '../base/numbers.ts';

/** Hyper-parameters in words, for the interface and the command line alike: it runs in a browser. */

/** A hyper-parameter as a person is asked for it. */
export interface HyperParameterField {
  readonly name: string;
  readonly kind: 'number' | 'integer' | 'boolean' | 'choice' | 'text';
  readonly description: string;
  readonly default: number | string | boolean;
  /**
   * Words for a default that stands for something else, as 0 stands for "the suite's own". Null where the default is
   * what it says.
   */
  readonly defaultMeans: string | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** The values of a choice, or the only numbers that a number may be. */
  readonly choices: string[] | null;
}

/** `a number from 0 to 1`, `one of sgd, adam`. */
export function allowed(field: Pick<HyperParameterField, 'kind' | 'minimum' | 'maximum' | 'choices'>): string {
  switch (field.kind) {
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${field.choices?.join(', ') ?? ''}`;
    case 'text':
      return 'text';
    case 'number':
    case 'integer': {
      if (field.choices !== null) return `one of ${field.choices.join(', ')}`;
      const what = field.kind === 'integer' ? 'a whole number' : 'a number';
      if (field.minimum !== null && field.maximum !== null) return `${what} from ${field.minimum} to ${field.maximum}`;
      if (field.minimum !== null) return `${what} of at least ${field.minimum}`;
      if (field.maximum !== null) return `${what} of at most ${field.maximum}`;
      return what;
    }
  }
}

/** A value in words: `the suite's own` for a default that stands for that, `on` and `off`, else the value. */
export function shownValue(
  field: Pick<HyperParameterField, 'default' | 'defaultMeans'> | undefined,
  value: number | string | boolean,
): string {
  if (field?.defaultMeans != null && value === field.default) return field.defaultMeans;
  return value === true ? 'on' : value === false ? 'off' : String(value);
}

/** A value typed as text as the field's kind; text that does not fit is left as it is, to be refused by name. */
export function scalarFromText(
  text: string,
  field: Pick<HyperParameterField, 'kind'> | undefined,
): number | string | boolean {
  if (field === undefined || field.kind === 'text' || field.kind === 'choice') return text;
  if (field.kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return decimal(text) ?? text;
}
