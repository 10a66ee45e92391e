import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formFields, HyperParameterError, resolveHyperParameters } from '../../../src-main/methods/hyper-parameters.ts';
import { scalarFromText } from '../../../src-main/methods/field-text.ts';
import { fakeMethod } from '../../fixtures/fake-runner.ts';

const method = {
  ...fakeMethod(),
  title: 'EWC',
  schema: z.object({
    lambda: z.number().min(0).max(1e6).default(100).describe('Strength of the penalty'),
    steps: z.number().int().min(1).default(3),
    labels: z.enum(['given', 'predicted']).default('given'),
    online: z.boolean().default(false),
    note: z.string().default(''),
    rate: z.number().gt(0).default(0.1),
  }),
};

describe('a method’s form', () => {
  it('has a field for each hyper-parameter with range, default and description', () => {
    expect(formFields(method.schema)).toEqual([
      {
        name: 'lambda',
        kind: 'number',
        description: 'Strength of the penalty',
        default: 100,
        defaultMeans: null,
        minimum: 0,
        maximum: 1e6,
        choices: null,
      },
      {
        name: 'steps',
        kind: 'integer',
        description: '',
        default: 3,
        defaultMeans: null,
        minimum: 1,
        maximum: null,
        choices: null,
      },
      {
        name: 'labels',
        kind: 'choice',
        description: '',
        default: 'given',
        defaultMeans: null,
        minimum: null,
        maximum: null,
        choices: ['given', 'predicted'],
      },
      {
        name: 'online',
        kind: 'boolean',
        description: '',
        default: false,
        defaultMeans: null,
        minimum: null,
        maximum: null,
        choices: null,
      },
      {
        name: 'note',
        kind: 'text',
        description: '',
        default: '',
        defaultMeans: null,
        minimum: null,
        maximum: null,
        choices: null,
      },
      {
        name: 'rate',
        kind: 'number',
        description: '',
        default: 0.1,
        defaultMeans: null,
        minimum: 0,
        maximum: null,
        choices: null,
      },
    ]);
  });
});

describe('hyper-parameters', () => {
  it('are the defaults, over them the published settings, over them the person’s', () => {
    expect(resolveHyperParameters(method, { lambda: 6 }, { lambda: 5, steps: 7 })).toEqual({
      lambda: 6,
      steps: 7,
      labels: 'given',
      online: false,
      note: '',
      rate: 0.1,
    });
  });

  it.each([
    [
      { lamda: 1 },
      'EWC has no hyper-parameter "lamda". Did you mean "lambda"? It has: lambda, steps, labels, online, note, rate.',
    ],
    [{ lambda: -1 }, 'EWC: lambda must be a number from 0 to 1000000, not -1.'],
    [{ steps: 1.5 }, 'EWC: steps must be a whole number of at least 1, not 1.5.'],
    [{ labels: 'none' }, 'EWC: labels must be one of given, predicted, not "none".'],
    [{ online: 'yes' }, 'EWC: online must be true or false, not "yes".'],
  ])('%o is refused in a sentence', (own, message) => {
    expect(() => resolveHyperParameters(method, own)).toThrow(new HyperParameterError(message));
  });

  it('typed as text become the field’s kind, or stay text for the refusal', () => {
    const fields = formFields(method.schema);
    const as = (name: string, text: string): unknown =>
      scalarFromText(
        text,
        fields.find((field) => field.name === name),
      );
    expect([
      as('lambda', '1e3'),
      as('steps', '4'),
      as('online', 'true'),
      as('labels', 'given'),
      as('lambda', 'much'),
      as('note', '7'),
    ]).toEqual([1000, 4, true, 'given', 'much', '7']);
  });
});
