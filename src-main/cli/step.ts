import { isConvolutional } from '../engine/networks/specification.ts';
import type { Command } from 'commander';
import { openDatasetStore } from '../datasets/store.ts';
import { openEngine } from '../engine/engine.ts';
import { buildNetwork } from '../engine/networks/networks.ts';
import { stream } from '../engine/random/streams.ts';
import { stagesOf, type Stage } from '../engine/recording/shown-step.ts';
import type { StepLife } from '../engine/recording/step-life.ts';
import type { Method } from '../methods/contract.ts';
import { resolveHyperParameters } from '../methods/hyper-parameters.ts';
import { loadMethods } from '../methods/registry.ts';
import type { Suite } from '../suites/contract.ts';
import { loadSuites, type SuiteRegistry } from '../suites/registry.ts';
import { runTrial } from '../trial/run-trial.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import { EXIT } from './exit-codes.ts';
import { jsonOption } from './options.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';

/** A step that a trial recorded, and what the trial's first steps answered. */
interface ShownStep {
  readonly suite: string;
  readonly method: string;
  readonly step: string;
  /** All steps that were recorded by then. */
  readonly recorded: readonly string[];
  readonly stages: readonly Stage[];
}

/**
 * `touchstone step`: what becomes of a training step, from what is recorded to what is run and what that answers
 * (docs/engine.md).
 */
export function addStep(program: Command, shell: Shell): void {
  program
    .command('step')
    .description('a training step of a method on a tiny suite, stage by stage: recorded, rewritten, emitted, run')
    .requiredOption('--show <method>', 'the method whose step is shown, at its usual settings')
    .addOption(jsonOption())
    .action((options: { show: string; json: boolean }) =>
      runCommand(shell, options.json, async () => {
        const shown = await shownStep(options.show, shell.dataFolder);
        if (options.json) shell.out(JSON.stringify(shown, null, 2));
        else for (const line of linesOf(shown)) shell.out(line);
        return EXIT.ok;
      }),
    );
}

/** Runs a trial until its first steps have answered, and describes the training step that it recorded. */
async function shownStep(id: string, dataFolder: string): Promise<ShownStep> {
  const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
  const method = methods.get(id);
  const suite = tinySuite(method, suites);
  const hyperParameters = resolveHyperParameters(method, {});
  if ((method.trials?.(suite.facts, hyperParameters, 0) ?? []).length > 0)
    throw refused(`${method.title} trains nothing itself: it uses networks that train-network trains. Show that one.`);
  const lives: StepLife[] = [];
  const answers: Readonly<Record<string, number>>[] = [];
  const engine = await openEngine('tensorflow-cpu', {
    threads: 1,
    convolutional: isConvolutional(suite.network),
    onRecorded: (life) => void lives.push(life()),
  });
  const store = openDatasetStore({ dataFolder });
  let clock = 0;
  try {
    await runTrial(
      { id: 'shown', suite, method, hyperParameters, seed: 0, fold: null },
      {
        engine,
        buildNetwork,
        stream,
        dataset: (name) => store.open(name),
        // Reports come by the clock: with this one, every time.
        now: () => (clock += 1000),
        report: (report) => {
          if (report.kind === 'progress' && 'loss' in report.metrics) answers.push(report.metrics);
        },
        wish: () => (answers.length > 0 ? 'cancel' : 'go'),
      },
    );
  } finally {
    engine.dispose();
  }
  const life = lives.find(({ recorded }) => recorded.instructions.some(({ writes }) => writes.length > 0));
  if (life === undefined) throw refused(`${method.title} recorded no step that changes anything.`);
  const answered = answers.flatMap((values) => Object.entries(values).map(([name, value]) => `${name} ${value}`));
  return {
    suite: suite.id,
    method: method.id,
    step: life.name,
    recorded: [...new Set(lives.map(({ name }) => name))],
    stages: [...stagesOf(life), { title: 'Answered, as a mean over the first calls', lines: answered }],
  };
}

/** Their data ship with the program, and their nets are small enough to be read whole. */
const TINY = ['split-optdigits-quick/class-il', 'iid-mlp-quick/optdigits'];

function tinySuite(method: Method, suites: SuiteRegistry<Suite>): Suite {
  const found = TINY.map((id) => suites.get(id)).find(({ facts }) => method.fits(facts) === true);
  if (found === undefined) throw refused(`${method.title} fits none of the tiny suites: ${TINY.join(', ')}.`);
  return found;
}

const refused = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'refused', message, remedy: null, details: null });

function linesOf({ suite, method, step, recorded, stages }: ShownStep): string[] {
  return [
    `${step} of ${method} on ${suite}; recorded until its first answer: ${recorded.join(', ')}`,
    ...stages.flatMap(({ title, lines }, i) => ['', `${i + 1}. ${title}`, ...lines.map((line) => `   ${line}`)]),
  ];
}
