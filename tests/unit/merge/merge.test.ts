import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openCheckpoint } from '../../../src-main/checkpoints/checkpoint.ts';
import { isFloat, narrow, widen } from '../../../src-main/checkpoints/dtypes.ts';
import { CheckpointError } from '../../../src-main/checkpoints/error.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { inspectModels } from '../../../src-main/merge/inspect.ts';
import { runMerge } from '../../../src-main/merge/job.ts';
import type { MergeOutline, MergeResult } from '../../../src-main/merge/messages.ts';
import { outlineOf } from '../../../src-main/merge/outline.ts';
import { planMerge } from '../../../src-main/merge/plan.ts';
import { readRecipe } from '../../../src-main/merge/recipe.ts';
import { mergeRequest } from '../../../src-main/merge/request.ts';
import { mergeTensors } from '../../../src-main/methods/merging/shared/tensor-merge.ts';
import dare from '../../../src-main/methods/merging/dare.ts';
import ties from '../../../src-main/methods/merging/ties.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';
import { knownMerge, netSchema } from '../../fixtures/merging/merges.ts';
import { f32, writeTensors } from '../checkpoints/files.ts';
import type { WrittenTensor } from '../checkpoints/files.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);

/** All numbers of all tensors of a file, by name. */
function numbersIn(path: string): Record<string, number[]> {
  const checkpoint = openCheckpoint(path);
  const entries = [...checkpoint.tensors.values()].map((tensor): [string, number[]] => {
    const bytes = new Uint8Array(tensor.bytes);
    tensor.file.read(tensor.begin, bytes);
    if (!isFloat(tensor.dtype)) return [tensor.name, [...new BigInt64Array(bytes.buffer)].map(Number)];
    const out = new Float32Array(tensor.entries);
    widen(tensor.dtype, bytes, out);
    return [tensor.name, [...out]];
  });
  checkpoint.close();
  return Object.fromEntries(entries);
}

const metadataOf = (path: string): Readonly<Record<string, string>> => {
  const checkpoint = openCheckpoint(path);
  checkpoint.close();
  return checkpoint.metadata;
};

type Request = Omit<z.input<typeof mergeRequest>, 'output'> & { readonly output?: string };

async function planned<T>(
  request: Request,
  use: (plan: Awaited<ReturnType<typeof planMerge>>) => Promise<T>,
): Promise<T> {
  const plan = await planMerge(mergeRequest.parse({ output: at('merged.safetensors'), force: true, ...request }), null);
  try {
    return await use(plan);
  } finally {
    plan.close();
  }
}

const merge = (request: Request): Promise<MergeResult> => planned(request, (plan) => runMerge(plan, { version: '1' }));
const outline = (request: Request): Promise<MergeOutline> => planned(request, async (plan) => outlineOf(plan));

/** The sentence with which a merge is refused. */
async function refusal(request: Request): Promise<string> {
  const error = await merge(request).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CheckpointError) return error.message.replaceAll(`${folder.path}/`, '');
  throw error ?? new Error('it was merged');
}

const write = (name: string, tensors: Readonly<Record<string, WrittenTensor>>): string =>
  writeTensors(at(name), tensors, { format: 'pt' });

/** A known net as a file: W is a matrix, b a vector. */
function writeNet(name: string, net: z.output<typeof netSchema>): string {
  const tensors = Object.entries(net).map(([tensor, values]): [string, WrittenTensor] => {
    const flat: number[] = values.flat();
    const shape = Array.isArray(values[0]) ? [values.length, flat.length / values.length] : [flat.length];
    return [tensor, f32(shape, flat)];
  });
  return write(name, Object.fromEntries(tensors));
}

function expectNet(path: string, net: z.output<typeof netSchema>): void {
  const found = numbersIn(path);
  expect(Object.keys(found).sort()).toEqual(Object.keys(net).sort());
  for (const [name, values] of Object.entries(net))
    values.flat().forEach((value, index) => expect(Math.abs(found[name][index] - value)).toBeLessThan(1e-6));
}

describe('known answers fed as files', () => {
  const small = (name: string): z.output<typeof netSchema> => knownMerge(netSchema, 'small', name);
  const base = writeNet('small-base.safetensors', small('base'));
  const models = knownMerge(z.array(netSchema), 'small', 'experts').map((net, i) =>
    writeNet(`small-${i}.safetensors`, net),
  );

  it.each([
    ['average', 'weight-average', {}, models],
    ['addition, lambda .4', 'task-arithmetic', { lambda: 0.4 }, models],
    ['negation of expert 0, lambda .5', 'task-arithmetic', { lambda: -0.5 }, models.slice(0, 1)],
    ['ties density .5, lambda 1', 'ties', { density: 0.5, scope: 'global', keep: 'exact' }, models],
    ['ties density .2, lambda .7', 'ties', { density: 0.2, lambda: 0.7, scope: 'global', keep: 'exact' }, models],
  ])('%s', async (name, method, set, files) => {
    await merge({ steps: [{ method, base, models: files, set }] });
    expectNet(at('merged.safetensors'), small(name));
  });
});

describe('a merge of files', () => {
  /** Numbers that no two tensors have alike. */
  const drawn = (name: string, count: number): Float32Array => {
    const values = new Float32Array(count);
    stream(5, name).fillNormal(values, 0, 1);
    return values;
  };
  const ENTRIES = 2 ** 17 + 777;
  const names = ['base', 'a', 'b'];
  const wide = names.map((name) => drawn(name, ENTRIES));
  const short = names.map((name) => drawn(`${name}/short`, 10));

  it.each([
    ['TIES over each tensor by itself', 'ties', { scope: 'tensor', keep: 'at-least-1' }, 1],
    ['TIES over the whole net', 'ties', { scope: 'global', keep: 'exact' }, 3],
    ['TIES with the majority of signs', 'ties', { scope: 'global', keep: 'official' }, 4],
    ['DARE, its masks by seed and name', 'dare', { drop: 0.7 }, 1],
  ] as const)('is by slices what it is in memory: %s', async (_, method, set, reads) => {
    // What bfloat16 holds of the numbers is what both merge.
    const asRead = (values: Float32Array): Float32Array => {
      const back = new Float32Array(values.length);
      widen('BF16', narrow('BF16', values), back);
      return back;
    };
    const [base, a, b] = names.map((name, index) =>
      write(`${name}.safetensors`, {
        wide: { dtype: 'BF16', shape: [ENTRIES], data: narrow('BF16', wide[index]) },
        short: { dtype: 'BF16', shape: [2, 5], data: narrow('BF16', short[index]) },
      }),
    );
    const { bytesRead } = await merge({ steps: [{ method, base, models: [a, b], set }], dtype: 'float32' });
    expect(bytesRead).toBe(3 * reads * 2 * (ENTRIES + 10));
    const nets = wide.map((_wide, index) => ({ wide: asRead(wide[index]), short: asRead(short[index]) }));
    const [wanted] = mergeTensors(
      (method === 'ties' ? ties : dare).tensorMerge,
      { ...set },
      { base: nets[0], models: nets.slice(1), shapes: {}, stream: (name) => stream(0, name) },
    );
    const found = numbersIn(at('merged.safetensors'));
    expect(found['wide'].findIndex((value, index) => value !== wanted['wide'][index])).toBe(-1);
    expect(found['short']).toEqual([...wanted['short']]);
  });

  it('keeps the type, copies counters, and says in its header how it was made', async () => {
    const model = (name: string, value: number, steps: number): string =>
      write(name, {
        w: { dtype: 'F16', shape: [1, 2], data: narrow('F16', Float32Array.of(value, -value)) },
        steps: { dtype: 'I64', shape: [], data: BigInt64Array.of(BigInt(steps)) },
        nothing: f32([0, 3], []),
      });
    const models = [model('one.safetensors', 1, 10), model('two.safetensors', 3, 20)];
    const request = { steps: [{ method: 'weight-average', models, weights: [3, 1] }] };
    expect((await outline(request)).notes).toEqual(['Counters are copied from one.safetensors: steps.']);
    const { inputs } = await merge(request);
    expect(numbersIn(at('merged.safetensors'))).toEqual({ w: [1.5, -1.5], steps: [10], nothing: [] });
    const said = metadataOf(at('merged.safetensors'));
    expect(said).toMatchObject({ format: 'pt', 'touchstone.method': 'weight-average', 'touchstone.version': '1' });
    expect(JSON.parse(said['touchstone.settings'])).toMatchObject([{ settings: [{ weights: [3, 1] }] }]);
    const sha256 = models.map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'));
    expect(inputs.map((input) => input.sha256)).toEqual(sha256);
    expect(JSON.parse(said['touchstone.inputs'])).toEqual([
      { file: 'one.safetensors', sha256: sha256[0] },
      { file: 'two.safetensors', sha256: sha256[1] },
    ]);
  });

  it('reads and writes checkpoints of several files', async () => {
    mkdirSync(at('parts'));
    writeTensors(at('parts/p-1.safetensors'), { a: f32([2], [1, 2]) });
    writeTensors(at('parts/p-2.safetensors'), { b: f32([2], [3, 4]) });
    const map = { a: 'p-1.safetensors', b: 'p-2.safetensors' };
    writeFileSync(at('parts/p.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    const other = write('whole.safetensors', { a: f32([2], [3, 2]), b: f32([2], [5, 4]) });
    const { files } = await merge({
      steps: [{ method: 'weight-average', models: [at('parts'), other] }],
      output: at('several.safetensors'),
      shardBytes: 8,
    });
    expect(files.length).toBe(3);
    expect(numbersIn(at('several.safetensors.index.json'))).toEqual({ a: [2, 2], b: [4, 4] });
  });
});

describe('a recipe', () => {
  it('has steps that use each other, and settings by layer', async () => {
    write('start.safetensors', { 'l.0.w': f32([2], [0, 0]), 'l.1.w': f32([2], [0, 0]), head: f32([1], [7]) });
    write('x.safetensors', { 'l.0.w': f32([2], [1, 2]), 'l.1.w': f32([2], [3, 4]), head: f32([2], [8, 9]) });
    write('y.safetensors', { 'l.0.w': f32([2], [10, 20]), 'l.1.w': f32([2], [30, 40]), other: f32([1], [1]) });
    const recipe = {
      steps: [
        {
          name: 'sum',
          method: 'task-arithmetic',
          base: 'start.safetensors',
          models: ['x.safetensors', { file: 'y.safetensors', weight: 0.1 }],
          set: { lambda: 1 },
          layers: [
            { match: 'l.1.*', set: { lambda: 0.5 } },
            { match: ['head', 'other'], take: 'base' },
          ],
        },
        {
          method: 'weight-average',
          models: ['sum', 'x.safetensors'],
          weights: [1, 3],
          layers: [{ match: 'head', take: 2 }],
        },
      ],
      output: 'by-recipe.safetensors',
    };
    writeFileSync(at('recipe.json'), JSON.stringify(recipe));
    const { output, ...read } = await readRecipe(at('recipe.json'));
    expect(output).toBe(at('by-recipe.safetensors'));
    await merge({ ...read, output });
    expect(numbersIn(at('by-recipe.safetensors'))).toEqual({ 'l.0.w': [1.25, 2.5], 'l.1.w': [3, 4], head: [8, 9] });
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).toEqual([]);
    const yaml = [
      'steps:',
      '  - method: ties # as mergekit',
      '    base: start.safetensors',
      '    models: [x.safetensors, { file: y.safetensors, weight: 0.4 }]',
      '    set: { density: 0.5 }',
      '    layers: [{ match: "*.bias", take: base }]',
    ];
    writeFileSync(at('recipe.yaml'), yaml.join('\n'));
    expect((await readRecipe(at('recipe.yaml'))).steps).toEqual([
      {
        method: 'ties',
        base: at('start.safetensors'),
        models: [at('x.safetensors'), { file: at('y.safetensors'), weight: 0.4 }],
        set: { density: 0.5 },
        layers: [{ match: '*.bias', take: 'base', set: {} }],
      },
    ]);
    writeFileSync(at('recipe.yaml'), 'steps: [a, b');
    await expect(readRecipe(at('recipe.yaml'))).rejects.toThrow(/recipe.yaml is no YAML: .* at line 1, column/s);
    writeFileSync(at('recipe.json'), JSON.stringify({ steps: [{ methd: 'ties', models: ['x'] }] }));
    await expect(readRecipe(at('recipe.json'))).rejects.toThrow(/method.*is missing.*has no field "methd"/s);
  });
});

describe('a look at models', () => {
  it('has norms, cosines and signs of what they changed, layer by layer', () => {
    const model = (name: string, first: number[], second: number[]): string =>
      write(name, { 'm.0.w': f32([2], first), 'm.10.w': f32([2], second), 'm.2.b': f32([1], [0]) });
    const base = model('look-base.safetensors', [1, 1], [0, 3]);
    const models = [model('look-a.safetensors', [4, 1], [1, 3]), model('look-b.safetensors', [1, 5], [1, 4])];
    const work = inspectModels(base, models);
    let step = work.next();
    while (step.done !== true) step = work.next();
    const { layers, total, differences } = step.value;
    expect(differences).toEqual([]);
    expect(layers).toEqual([
      { layer: 'm.0', entries: 2, base: Math.SQRT2, norms: [3, 4], cosines: [0], agreement: null },
      { layer: 'm.2', entries: 1, base: 0, norms: [0, 0], cosines: [null], agreement: null },
      {
        layer: 'm.10',
        entries: 2,
        base: 3,
        norms: [1, Math.SQRT2],
        cosines: [expect.closeTo(Math.SQRT1_2, 12)],
        agreement: 1,
      },
    ]);
    expect(total.cosines[0]).toBeCloseTo(1 / Math.sqrt(10 * 18), 12);
  });
});

describe('the guide', () => {
  it('shows a recipe that can be merged', async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../../docs/merge.md'), 'utf8');
    const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
    mkdirSync(at('guide'));
    writeFileSync(at('guide/merge.yaml'), yaml ?? '');
    for (const [index, name] of ['base', 'a', 'b'].entries()) {
      const [w, bias, head] = [index, 10 * index, 100 * index].map((value) => f32([2], [value, -value]));
      write(`guide/${name}.safetensors`, { 'x.layers.0.w': w, 'x.layers.1.w': w, 'x.bias': bias, 'head.w': head });
    }
    const { output, ...read } = await readRecipe(at('guide/merge.yaml'));
    expect(output).toBe(at('guide/merged.safetensors'));
    await merge({ ...read, output });
    // Biases: 0.6 · 10 + 0.4 · 20 = 14, of which a tenth is taken back.
    expect(numbersIn(at('guide/merged.safetensors'))).toMatchObject({ 'x.bias': [12.625, -12.625], 'head.w': [0, 0] });
  });
});

describe('what cannot be merged', () => {
  const one = write('same.safetensors', { w: f32([2, 2], [1, 2, 3, 4]), v: f32([1], [1]) });
  const average = (...models: string[]): Request => ({ steps: [{ method: 'weight-average', models }] });

  it('is refused with a sentence on every difference', async () => {
    const other = write('other.safetensors', {
      w: f32([4], [1, 2, 3, 4]),
      v: { dtype: 'I32', shape: [1], data: Int32Array.of(1) },
      more: f32([1], [1]),
    });
    const sentence = await refusal(average(one, other));
    expect(sentence).toContain('"w" has the shape [2, 2] in same.safetensors and [4] in other.safetensors.');
    expect(sentence).toContain('"v" is of the type F32 in same.safetensors and I32 in other.safetensors.');
    expect(sentence).toContain('other.safetensors has "more", which same.safetensors has not.');
    expect(await refusal(average(other, one))).toContain(
      'same.safetensors has no "more", which other.safetensors has.',
    );
  });

  it('is refused by name and place where a number is none, and nothing is half-written', async () => {
    const before = readdirSync(folder.path);
    const bad = write('bad.safetensors', { w: f32([2, 2], [1, 2, Number.NaN, 4]), v: f32([1], [1]) });
    const output = at('never.safetensors');
    expect(await refusal({ ...average(one, bad), output })).toBe('bad.safetensors: "w" has NaN at [1, 0].');
    write('bad.safetensors', { w: f32([2, 2], [1, 2, 3, -Infinity]), v: f32([1], [1]) });
    expect(await refusal({ ...average(one, bad), output })).toBe(
      'bad.safetensors: "w" has an infinite number at [1, 1].',
    );
    const large = write('large.safetensors', { w: f32([2, 2], [1, 2, 3, 2e5]), v: f32([1], [1]) });
    expect(await refusal({ ...average(large), output, dtype: 'float16' })).toBe(
      '"w" has 200000 at [1, 1], which F16 cannot hold.',
    );
    expect(readdirSync(folder.path).sort()).toEqual([...before, 'bad.safetensors', 'large.safetensors'].sort());
  });

  it('is refused where method, weights, files or the result do not fit', async () => {
    const steps = (step: object): Request => ({ steps: [{ method: 'ties', models: [one, one], ...step }] });
    expect(await refusal(steps({}))).toContain('TIES-Merging works with what models changed since their common start');
    expect(await refusal(steps({ base: one, weights: [1] }))).toBe(
      'There are 1 weights for 2 models; each model has one.',
    );
    expect(await refusal(steps({ base: one, set: { density: 7 } }))).toContain(
      'density must be a number from 0.001 to 1',
    );
    expect(await refusal(steps({ method: 'tie', base: one }))).toBe('There is no method "tie". Did you mean "ties"?');
    expect(await refusal(steps({ method: 'regmean' }))).toContain('needs more than tensors');
    const unset = { base: one, method: 'tall-masks' };
    expect(await refusal(steps(unset))).toContain('set lambda');
    expect(await refusal(average(one, at('nowhere.safetensors')))).toBe('nowhere.safetensors is not there.');
    expect(await refusal({ ...average(one, one), output: one, force: true })).toContain('in its place');
    const taken = write('taken.safetensors', { w: f32([2], [1, 2]) });
    expect(await refusal({ ...average(one, one), output: taken, force: false })).toContain('is there already');
    expect(await refusal({ ...average(one, one), output: taken, shardBytes: 8 })).toContain('in place of the result');
    expect(await refusal(steps({ method: 'weight-average', weights: [1, -1] }))).toContain('which add up to 0');
    expect(await refusal(steps({ method: 'model-stock', base: one, weights: [1, 2] }))).toBe(
      'Model Stock takes all models alike: leave weights out.',
    );
    const idle = { method: 'weight-average', layers: [{ match: 'none.*', set: {} }] };
    expect(await refusal(steps(idle))).toContain('No tensor has a name like "none.*"');
    expect(await refusal({ ...average(one), output: at('x.pt') })).toContain('does not end in .safetensors');
  });

  it('ends when it is told to, and leaves nothing', async () => {
    const before = readdirSync(folder.path).sort();
    const big = write('big.safetensors', { w: { dtype: 'F32', shape: [2 ** 22], data: new Float32Array(2 ** 22) } });
    const controller = new AbortController();
    const ended = planned({ ...average(big, big), output: at('never.safetensors') }, (plan) =>
      runMerge(plan, { version: '1', signal: controller.signal, onProgress: () => controller.abort() }),
    );
    await expect(ended).rejects.toThrow(/abort/i);
    expect(readdirSync(folder.path).sort()).toEqual([...before, 'big.safetensors'].sort());
  });
});
