import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Tensors } from '../../../src-main/engine/types.ts';
import { repeated } from '../../../src-main/methods/ensembling/batch-ensemble.ts';
import { transformerOf } from '../../../src-main/methods/tables/ft-transformer.ts';
import { mixtureOf } from '../../../src-main/methods/tables/gg-moe.ts';
import { residualOf } from '../../../src-main/methods/tables/residual-mlp.ts';
import { meanOfMembers } from '../../../src-main/methods/tables/shared/nets.ts';
import { tabmMiniOf } from '../../../src-main/methods/tables/tabm-mini.ts';
import { tabmOf } from '../../../src-main/methods/tables/tabm.ts';
import { blocksOf } from '../../../src-main/methods/tables/tabular-mlp.ts';
import { largestDifference, normal, onPlainTensors, tensors } from '../engine/network-values.ts';

onPlainTensors();

const suite = (input: number, outputs: number): NetworkSpec =>
  mlp({ input, hidden: [4], outputs, init: 'torch-default' });
const parametersOf = (spec: NetworkSpec): number =>
  buildNetwork(spec).params.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
const started = (spec: NetworkSpec) => {
  const network = buildNetwork(spec);
  return { network, ...tensors(network, network.init(stream(1, 'init'))) };
};
const answers = (spec: NetworkSpec, x: ReturnType<typeof normal>, given: Tensors = {}) => {
  const { network, params, state } = started(spec);
  return network.apply({ params: { ...params, ...given }, state }, x, { mode: 'eval' }).logits;
};

const BLOCKS = { blocks: 2, width: 64, dropout: 0.1 };

describe('TabM', () => {
  it('has the known numbers of parameters', () => {
    expect(parametersOf(blocksOf(suite(10, 1), BLOCKS))).toBe(4929);
    expect(parametersOf(tabmOf(suite(10, 1), { ...BLOCKS, members: 32 }))).toBe(17_376);
    expect(parametersOf(tabmMiniOf(suite(10, 1), { ...BLOCKS, members: 32 }))).toBe(7264);
  });

  it.each([
    ['tabm', tabmOf, ['dense0-in']],
    ['tabm-mini', tabmMiniOf, ['adapter']],
  ] as const)('%s whose members are alike is the plain MLP', (_name, make, adapters) => {
    const settings = { blocks: 2, width: 6, dropout: 0 };
    const members = 3;
    const plain = blocksOf(suite(5, 2), settings);
    const { params } = started(plain);
    const rows = (tensor: string) =>
      tf.tile(tf.expandDims(params[tensor], 0), [members, ...params[tensor].shape.map(() => 1)]);
    const given = {
      ...Object.fromEntries(adapters.map((name) => [`${name}/factor`, tf.ones([members, 5])])),
      'dense0/kernel': params['dense0/kernel'],
      'dense1/kernel': params['dense1/kernel'],
      ...(make === tabmOf
        ? { 'dense0-out/bias': rows('dense0/bias'), 'dense1-out/bias': rows('dense1/bias') }
        : { 'dense0/bias': params['dense0/bias'], 'dense1/bias': params['dense1/bias'] }),
      'output/kernel': rows('output/kernel'),
      'output/bias': rows('output/bias'),
    };
    const x = normal([4, 5], 'x');
    const own = answers(make(suite(5, 2), { ...settings, members }), repeated(x, members), given);
    const expected = answers(plain, x, params);
    expect(largestDifference(own, repeated(expected, members))).toBeLessThan(1e-5);
    expect(largestDifference(meanOfMembers(own, members, true), tf.logSoftmax(expected))).toBeLessThan(1e-5);
    expect(largestDifference(meanOfMembers(own, members, false), expected)).toBeLessThan(1e-5);
  });

  it('starts with signs at the first layer, ones after it, and biases that all members have alike', () => {
    const { params } = started(tabmOf(suite(5, 2), { ...BLOCKS, members: 4 }));
    const signs = [...params['dense0-in/factor'].dataSync()];
    expect(new Set(signs)).toEqual(new Set([1, -1]));
    expect(new Set(params['dense1-in/factor'].dataSync())).toEqual(new Set([1]));
    const bias = tf.unstack(params['dense0-out/bias']);
    expect(largestDifference(bias[0], bias[3])).toBe(0);
    expect(largestDifference(bias[0], tf.zerosLike(bias[0]))).toBeLessThanOrEqual(1 / Math.sqrt(5));
    expect(largestDifference(bias[0], tf.zerosLike(bias[0]))).toBeGreaterThan(0.1);
  });
});

describe('FT-Transformer', () => {
  const matrix = z.array(z.array(z.number()));
  const known = z
    .object({
      parameters: z.record(z.string(), matrix.or(z.array(z.number()))),
      numbers: matrix,
      category: z.array(z.number()),
      logits: matrix,
    })
    .parse(JSON.parse(readFileSync(new URL('../../fixtures/methods/ft-transformer.json', import.meta.url), 'utf8')));
  const defaults = { blocks: 3, width: 192, heads: 8, attentionDropout: 0.2, dropout: 0.1 };

  it('has the known numbers of parameters', () => {
    expect(parametersOf(transformerOf(suite(8, 1), new Array<number>(8).fill(1), defaults))).toBe(894_913);
    const german = [...new Array<number>(7).fill(1), ...new Array<number>(12).fill(4), 6];
    expect(parametersOf(transformerOf(suite(61, 2), german, defaults))).toBe(907_586);
  });

  it('answers the known logits: one-hot categories take the place of a table of embeddings', () => {
    const of = (name: string): number[] => known.parameters[name]?.flat() ?? [];
    const [numbers, d] = [2, 8];
    const spec = transformerOf(suite(5, 3), [1, 1, 3], {
      ...{ blocks: 2, width: d, heads: 2, attentionDropout: 0.3, dropout: 0.2 },
    });
    // The fixture's hidden width is 6 and not 4/3 of the tokens' as by default.
    const narrower = JSON.stringify(spec).replaceAll('"units":20', '"units":12');
    const small = z.custom<NetworkSpec>().parse(JSON.parse(narrower));
    const renamed: Record<string, readonly [string, number[]]> = {
      'tokens/kernel': ['num_w+cat', [...of('num_w'), ...of('cat')]],
      'tokens/bias': ['num_b+cat_b', [...of('num_b'), ...of('cat_b')]],
      'tokens/first': ['cls', of('cls')],
      'last/scale': ['head_g', of('head_g')],
      'last/offset': ['head_be', of('head_be')],
      'output/kernel': ['head_w', of('head_w')],
      'output/bias': ['head_b', of('head_b')],
    };
    for (const at of [0, 1]) {
      for (const [part, letter] of Object.entries({ query: 'q', key: 'k', value: 'v', mixing: 'o' })) {
        renamed[`attention${at}-${part}/kernel`] = ['', of(`${letter}${at}`)];
        renamed[`attention${at}-${part}/bias`] = ['', of(`${letter}b${at}`)];
      }
      renamed[`feed${at}/scale`] = ['', of(`fn_g${at}`)];
      renamed[`feed${at}/offset`] = ['', of(`fn_b${at}`)];
      for (const [part, number] of Object.entries({ first: 1, second: 2 })) {
        renamed[`feed${at}-${part}/kernel`] = ['', of(`f${number}${at}`)];
        renamed[`feed${at}-${part}/bias`] = ['', of(`f${number}b${at}`)];
      }
    }
    renamed['attention1/scale'] = ['', of('an_g1')];
    renamed['attention1/offset'] = ['', of('an_b1')];
    const network = buildNetwork(small);
    const params = Object.fromEntries(
      network.params.map(({ name, shape }) => [name, tf.tensor(renamed[name]?.[1] ?? [], [...shape])]),
    );
    const x = known.numbers.map((row, at) => [
      ...row,
      ...[0, 1, 2].map((level) => (known.category[at] === level ? 1 : 0)),
    ]);
    expect(x[0]?.length).toBe(numbers + 3);
    const got = network.apply({ params, state: {} }, tf.tensor2d(x), { mode: 'eval' }).logits;
    expect(largestDifference(got, tf.tensor2d(known.logits))).toBeLessThan(1e-5);
  });

  it('does not see the order of the columns', () => {
    const settings = { ...defaults, blocks: 2, width: 8 };
    const { params } = started(transformerOf(suite(5, 2), [1, 3, 1], settings));
    const x = normal([4, 5], 'x');
    const order = [4, 1, 2, 3, 0];
    const moved = {
      ...params,
      'tokens/kernel': tf.gather(params['tokens/kernel'], order),
      'tokens/bias': tf.gather(params['tokens/bias'], [2, 1, 0]),
    };
    const [before, after] = [
      answers(transformerOf(suite(5, 2), [1, 3, 1], settings), x, params),
      answers(transformerOf(suite(5, 2), [1, 3, 1], settings), tf.gather(x, order, 1), moved),
    ];
    expect(largestDifference(before, after)).toBeLessThan(1e-5);
  });

  it('refuses columns that are not as wide as its inputs', () => {
    expect(() => buildNetwork(transformerOf(suite(5, 2), [1, 3], defaults))).toThrow('4 inputs wide');
  });
});

describe('the residual MLP', () => {
  it('has the parameters of its formula, and adds nothing where the second layers are 0', () => {
    const settings = { blocks: 2, width: 6, multiplier: 2, dropout: 0.1 };
    const spec = residualOf(suite(5, 2), settings);
    // in 5·6 + 6; a block 2·6 of its norm, 6·12 + 12, 12·6 + 6; 2·6 of the last norm; head 6·2 + 2.
    expect(parametersOf(spec)).toBe(36 + 2 * (12 + 84 + 78) + 12 + 14);
    const { params } = started(spec);
    const x = normal([3, 5], 'x');
    const zero = Object.fromEntries(
      ['block0-second', 'block1-second'].flatMap((name) => [
        [`${name}/kernel`, tf.zeros([12, 6])],
        [`${name}/bias`, tf.zeros([6])],
      ]),
    );
    const hidden = tf.add(tf.matMul(x, params['in/kernel']), params['in/bias']);
    // Statistics start at mean 0 and variance 1, with PyTorch's ε.
    const normalised = tf.div(hidden, Math.sqrt(1 + 1e-5));
    const expected = tf.add(tf.matMul(tf.relu(normalised), params['output/kernel']), params['output/bias']);
    expect(largestDifference(answers(spec, x, { ...params, ...zero }), expected)).toBeLessThan(1e-5);
  });
});

describe('the mixture of experts', () => {
  const settings = { experts: 3, blocks: 2, width: 6, gate: 'gumbel' } as const;
  const spec = mixtureOf(suite(5, 2), settings);

  it('has fewer parameters than the MLP of its width', () => {
    // Gate 5·3 + 3, first layers 5·6, second ones 3·2·2, head 2·2 + 2.
    expect(parametersOf(spec)).toBe(18 + 30 + 12 + 6);
    expect(parametersOf(spec)).toBeLessThan(parametersOf(blocksOf(suite(5, 2), { ...settings, dropout: 0 })));
  });

  it('answers the sum of its experts by the shares of its gate', () => {
    const { params } = started(spec);
    const x = normal([4, 5], 'x');
    const shares = tf.softmax(tf.add(tf.matMul(x, params['experts-gate/kernel']), params['experts-gate/bias']));
    const firsts = tf.split(params['experts-first/kernel'], 3, 1);
    const seconds = tf.unstack(params['experts-2/kernel']);
    const sum = firsts
      .map((first, e) =>
        tf.mul(tf.relu(tf.matMul(tf.relu(tf.matMul(x, first)), seconds[e])), tf.slice(shares, [0, e], [4, 1])),
      )
      .reduce((all, one) => tf.add(all, one));
    const expected = tf.add(tf.matMul(sum, params['output/kernel']), params['output/bias']);
    expect(largestDifference(answers(spec, x), expected)).toBeLessThan(1e-5);
  });

  it('with all weight on one expert is that one alone', () => {
    const { params } = started(spec);
    const x = normal([4, 5], 'x');
    const gate = {
      'experts-gate/kernel': tf.zeros([5, 3]),
      'experts-gate/bias': tf.tensor1d([0, 60, 0]),
    };
    const [, first] = tf.split(params['experts-first/kernel'], 3, 1);
    const [, second] = tf.unstack(params['experts-2/kernel']);
    const hidden = tf.relu(tf.matMul(tf.relu(tf.matMul(x, first)), second));
    const expected = tf.add(tf.matMul(hidden, params['output/kernel']), params['output/bias']);
    expect(largestDifference(answers(spec, x, gate), expected)).toBeLessThan(1e-5);
  });
});
