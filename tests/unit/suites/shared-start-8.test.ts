import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { candidates } from '../../../src-main/suites/merging/shared-start-8.ts';
import { chosenRows } from '../../../src-main/suites/merging/shared/task-rows.ts';

const span = z.tuple([z.number(), z.number()]);
const rowsSchema = z.object({ dataset: z.string(), classes: z.array(z.number()).optional(), train: span });
const terms = z.object({
  tasks: z.array(
    rowsSchema.extend({
      name: z.string(),
      inverted: z.literal(true).optional(),
      validation: span,
      scored: span,
      adaptation: span,
    }),
  ),
  unseen: z.array(rowsSchema.extend({ validation: span })),
  source: z.object({ parts: z.array(rowsSchema) }),
});

/** As many rows as each data set has, of ten classes in turn; a row's only number is its place. */
const SIZES: Record<string, readonly [train: number, test: number]> = {
  mnist: [60_000, 10_000],
  'fashion-mnist': [60_000, 10_000],
  'cifar-10': [50_000, 10_000],
  optdigits: [3823, 1797],
  'digits-generated': [10_000, 2000],
  'shapes-generated': [5000, 1000],
};
const places = (rows: number) => ({
  rows,
  x: Float32Array.from({ length: rows }, (_, row) => row),
  y: Int32Array.from({ length: rows }, (_, row) => row % 10),
});
function datasetOf(id: string): Dataset {
  const [train, held] = SIZES[id] ?? [0, 0];
  const classes = Array.from({ length: 10 }, (_, label) => String(label));
  return { id, title: id, shape: [1], classes, train: places(train), test: places(held), sha256: '0' };
}

const one = (id: string) => {
  const found = candidates.find((suite) => suite.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};

describe('eight tasks from one start', () => {
  test.each(['shared-start-8', 'shared-start-8-quick', 'shared-start-8-generated', 'shared-start-8-generated-quick'])(
    '%s: no row of the source, and none that another task trains on, is a task’s; all rows are there',
    (id) => {
      const { tasks, unseen, source } = terms.parse(one(id).protocol);
      expect(tasks).toHaveLength(8);
      const taken = new Map<string, Set<number>>();
      const take = ({ dataset, classes }: z.output<typeof rowsSchema>, [from, to]: readonly [number, number]): void => {
        const found = chosenRows(
          datasetOf(dataset),
          { dataset, ...(classes === undefined ? {} : { classes }) },
          { part: 'train', span: [from, to], reach: to, width: 1 },
        );
        expect(found.rows).toBe(to - from);
        const known = taken.get(dataset) ?? new Set<number>();
        const before = known.size;
        for (const place of found.x) known.add(place);
        expect(known.size - before, `${dataset} ${from} to ${to}`).toBe(found.rows);
        taken.set(dataset, known);
      };
      for (const task of [...tasks, ...unseen]) {
        take(task, task.train);
        take(task, task.validation);
      }
      for (const part of source.parts) take(part, part.train);
      // Scored test rows are not those for adaptation, and both are there.
      for (const { dataset, classes, scored, adaptation } of tasks) {
        expect(adaptation[0]).toBe(scored[1]);
        expect(adaptation[1]).toBeLessThanOrEqual(((SIZES[dataset]?.[1] ?? 0) * (classes?.length ?? 10)) / 10);
      }
    },
  );

  it('has a deep trunk of 30 tensors, whose heads are left out', () => {
    for (const id of ['shared-start-8-deep', 'shared-start-8-deep-quick']) {
      const { network, facts } = one(id);
      const heads = new Set(facts.experts?.heads);
      expect(buildNetwork(network).params.filter(({ name }) => !heads.has(name.split('/')[0] ?? ''))).toHaveLength(30);
    }
  });

  it('inverts every second task of the harder variant', () => {
    const { tasks } = terms.parse(one('shared-start-8-inverted').protocol);
    expect(tasks.map(({ inverted = false }) => inverted)).toEqual(tasks.map((_, task) => task % 2 === 1));
  });
});
