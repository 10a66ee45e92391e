import type { Command } from 'commander';
import type { ListedClaim, Output } from '../workbench/contract/contract.ts';
import { jsonOption } from './options.ts';
import { answer } from './shell.ts';
import type { Shell } from './shell.ts';
import { table } from './text.ts';

type System = Output<'catalogue.systems'>[number];

interface Asked {
  readonly json: boolean;
  readonly missing: boolean;
  readonly here: boolean;
}

/** `touchstone systems`: published systems by the titles of their papers, where each is here, and what is judged. */
export function addSystems(program: Command, shell: Shell): void {
  program
    .command('systems [words...]')
    .description("published systems by their papers' titles: where each is found here, and the verdicts of its claims")
    .option('--here', 'only those that are here', false)
    .option('--missing', 'only those that are not here yet', false)
    .addOption(jsonOption())
    .action((words: string[], options: Asked) =>
      answer(
        shell,
        options.json,
        async (client) => {
          const [systems, claims] = [await client.call('catalogue.systems', {}), await client.call('claims.list', {})];
          return systems
            .filter((system) => isAsked(system, words, options))
            .map((system) => ({ ...system, verdicts: verdictsOf(system, claims) }));
        },
        (found) =>
          found.length === 0
            ? 'No title has these words. Fewer words find more.'
            : table(
                ['here as', 'claims', 'family', 'fit', 'title'],
                found.map((system) => [
                  placesOf(system).join(', ') || 'not yet',
                  Object.entries(system.verdicts)
                    .map(([verdict, count]) => `${count} ${verdict}`)
                    .join(', '),
                  system.family,
                  system.fit,
                  system.title,
                ]),
              ),
      ),
    );
}

/** Methods, suites and data sets by id; commands as they are typed. */
const placesOf = ({ methods, suites, datasets, commands }: System): string[] => [
  ...methods,
  ...suites,
  ...datasets,
  ...commands.map((command) => `touchstone ${command}`),
];

function isAsked(system: System, words: readonly string[], { missing, here }: Asked): boolean {
  const isHere = placesOf(system).length > 0;
  if ((missing && isHere) || (here && !isHere)) return false;
  const text = `${system.title} ${system.family}`.toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

/** How many claims of its methods have which verdict by the shipped runs. */
function verdictsOf({ methods }: System, claims: readonly ListedClaim[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { methods: [judged = ''] = [], shipped } of claims)
    if (methods.includes(judged)) counts[shipped.verdict] = (counts[shipped.verdict] ?? 0) + 1;
  return counts;
}
