import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = join(import.meta.dirname, '..', '..', 'resources', 'systems.json');

const ids = z.array(z.string().min(1)).default([]);
const file = z.strictObject({
  about: z.string(),
  systems: z.array(
    z.strictObject({
      title: z.string().min(1),
      family: z.string().min(1),
      fit: z.enum(['A', 'B']),
      methods: ids,
      suites: ids,
      datasets: ids,
      commands: ids,
    }),
  ),
});

/** A system of the literature, and where the program holds it: nowhere yet if every list is empty. */
export type PublishedSystem = z.infer<typeof file>['systems'][number];

/** The published systems that the program is to hold, in the order of their file. Throws where the file is damaged. */
export const publishedSystems = (): readonly PublishedSystem[] =>
  file.parse(JSON.parse(readFileSync(FILE, 'utf8'))).systems;
