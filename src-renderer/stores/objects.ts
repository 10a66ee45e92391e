import { placeText } from '../../src-main/base/places.ts';
import type { StudySummary, TrialSummary } from '../../src-main/workbench/contract/contract.ts';
import type { Command } from './palette.ts';

/** Most trials offered for what is typed: an open study has thousands. */
const MOST_TRIALS = 12;
/** Fewer letters than this would be the beginning of too many trials. */
const TRIAL_LETTERS = 3;

interface Named {
  readonly id: string;
  readonly title: string;
}
/** What the palette reads of router and stores. */
export interface Objects {
  readonly router: { push(path: string): unknown };
  readonly catalogue: {
    readonly methods: readonly Named[];
    readonly suites: readonly Named[];
    readonly datasets: readonly Named[];
    suiteTitle(id: string): string;
  };
  readonly studies: {
    readonly list: readonly Pick<StudySummary, 'id' | 'name' | 'state'>[];
    readonly details: ReadonlyMap<
      string,
      {
        readonly configurations: readonly { readonly key: string; readonly name: string }[];
        readonly trials: readonly Pick<TrialSummary, 'id' | 'row' | 'spec'>[];
      }
    >;
  };
}

/**
 * Everything that has a page, for the Ctrl+K palette: studies, methods, suites, data sets, and trials by name or the
 * start of their id.
 */
export function objectCommands(typed: string, parts: Objects): readonly Command[] {
  const { router, catalogue, studies } = parts;
  const to = (path: string) => (): void => void router.push(path);
  return [
    ...studies.list.map((study) => ({
      id: `study:${study.id}`,
      group: 'Studies',
      title: study.name,
      hint: `study, ${study.state}`,
      run: to(`/study/${study.id}`),
    })),
    ...catalogue.methods.map((method) => ({
      id: `method:${method.id}`,
      group: `Methods ${method.id}`,
      title: method.title,
      hint: 'method',
      run: to(`/methods/${method.id}`),
    })),
    ...catalogue.suites.map((suite) => ({
      id: `suite:${suite.id}`,
      group: `Suites ${suite.id}`,
      title: suite.title,
      hint: 'suite: its leaderboard',
      run: to(`/leaderboard?suites=${encodeURIComponent(suite.id)}`),
    })),
    ...catalogue.datasets.map((dataset) => ({
      id: `dataset:${dataset.id}`,
      group: `Data sets ${dataset.id}`,
      title: dataset.title,
      hint: 'data set',
      run: to('/data'),
    })),
    ...trialCommands(typed, parts),
  ];
}

function trialCommands(typed: string, { router, catalogue, studies }: Objects): readonly Command[] {
  const words = typed.toLowerCase().split(/\s+/);
  if (typed.length < TRIAL_LETTERS) return [];
  const open = (id: string) => (): void => void router.push(`/trial/${id}`);
  const found: Command[] = [];
  let more = 0;
  for (const study of studies.details.values()) {
    const names = new Map(study.configurations.map(({ key, name }) => [key, name]));
    for (const { id, row, spec } of study.trials) {
      const title = `${names.get(row) ?? spec.method}, ${placeText(spec)} on ${catalogue.suiteTitle(spec.suite)}`;
      const text = `${title} ${id} trial`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      if (found.length >= MOST_TRIALS) more++;
      else
        found.push({ id: `trial:${id}`, group: `Trials ${id}`, title, hint: `trial ${id.slice(0, 8)}`, run: open(id) });
    }
  }
  // As all others it has to hold what was typed.
  if (more > 0)
    found.push({
      id: 'trials-more',
      group: `Trials ${typed}`,
      title: `${more} more trials match: type on to find them`,
      hint: 'type on',
      run: () => undefined,
    });
  // An id from elsewhere: a report, the command line.
  const isId = /^[0-9a-f]{6,64}$/.test(typed) && !found.some(({ id }) => id.startsWith(`trial:${typed}`));
  return isId
    ? [...found, { id: 'trial', group: `Trials ${typed}`, title: `Trial ${typed}`, run: open(typed) }]
    : found;
}
