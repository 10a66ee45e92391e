import { existsSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { decimal } from '../base/numbers.ts';
import { inputSentences } from '../base/input-words.ts';
import { bytesOfText } from '../merge/bytes.ts';
import { runMerge } from '../merge/job.ts';
import type { MergeProgress } from '../merge/job.ts';
import type { MergeOutline, MergeResult } from '../merge/messages.ts';
import { outlineOf } from '../merge/outline.ts';
import { freeBytes, planMerge } from '../merge/plan.ts';
import { readRecipe } from '../merge/recipe.ts';
import { LEAST_MEMORY, MERGE_DTYPES, mergeRequest } from '../merge/request.ts';
import type { MergeRecipe, MergeRequest } from '../merge/request.ts';
import { tensorMethod } from '../merge/settings.ts';
import { formatBytes, formatSeconds } from '../metrics/format.ts';
import type { HyperParameters } from '../methods/contract.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import { programVersion } from '../workbench/open.ts';
import { onCheckpoints } from '../workbench/refused-files.ts';
import { settingsArgument } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { givenPath } from './given-path.ts';
import { jsonOption } from './options.ts';
import { runCommand } from './shell.ts';
import type { Shell } from './shell.ts';

interface MergeArguments {
  readonly method?: string;
  readonly base?: string;
  readonly set?: readonly string[];
  readonly weights?: readonly string[];
  readonly recipe?: string;
  readonly output?: string;
  readonly dtype?: string;
  readonly shard?: string;
  readonly seed?: string;
  readonly memory: string;
  readonly layout?: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const HELP = `
Models are safetensors files, the .index.json of a model in several files, or a folder that holds one of these. The
result is there whole or not at all. docs/merge.md has recipes with several steps and settings by layer.
Examples:
  touchstone merge --method ties --base base.safetensors a.safetensors b.safetensors --set density=0.2 -o merged.safetensors
  touchstone merge --method weight-average a.safetensors b.safetensors --weights 0.6 0.4 -o merged.safetensors
  touchstone merge --recipe merge.json -o merged.safetensors --dry-run`;

const AXES: Readonly<Record<string, string>> = { 'out-in': 'first', 'in-out': 'last' };

/** `touchstone merge`: the merges that need tensors alone, on a person's own checkpoints. */
export function addMerge(program: Command, shell: Shell): void {
  program
    .command('merge [models...]')
    .description('merge your own checkpoints (safetensors), tensor by tensor')
    .option(
      '-m, --method <method>',
      'how they are merged: `touchstone methods` lists them, `touchstone methods ties` shows its settings',
    )
    .option('-b, --base <file>', 'the model that the others were trained from')
    .option('-s, --set <name=value...>', 'settings of the method')
    .option('-w, --weights <numbers...>', 'one weight a model')
    .option(
      '-r, --recipe <file>',
      'several steps, settings by layer: a YAML or JSON file in place of method, base and models',
    )
    .option('-o, --output <file>', 'the result, a .safetensors file')
    .addOption(new Option('--dtype <type>', "of the result; the base's own unless told").choices(MERGE_DTYPES))
    .option('--shard <size>', 'files of at most this size, with an index: 5GB')
    .option('--seed <n>', 'of random numbers (DARE, DELLA); 0 unless told')
    .option('--memory <size>', 'memory that it may use', '1GiB')
    .addOption(
      new Option(
        '--layout <layout>',
        'of kernels where files do not say it; as in PyTorch (out-in) unless told',
      ).choices(Object.keys(AXES)),
    )
    .option('-f, --force', 'replace a result that is there already', false)
    .option('--dry-run', 'check everything and say what would be read, written and needed', false)
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((models: string[], options: MergeArguments) =>
      runCommand(shell, options.json, () => onCheckpoints(() => merge(shell, models, options))),
    );
}

async function merge(shell: Shell, models: readonly string[], options: MergeArguments): Promise<number> {
  const request = await requestOf(shell, models, options);
  const plan = await planMerge(request, shell.dataFolder);
  try {
    const outline = outlineOf(plan);
    if (options.dryRun) {
      const free = freeBytes(request.output);
      if (options.json) shell.out(JSON.stringify({ ...outline, freeBytes: free }, null, 2));
      else for (const line of outlineLines(outline, free)) shell.out(line);
      return EXIT.ok;
    }
    if (!options.json) for (const note of outline.notes) shell.err(`Note: ${note}`);
    const began = performance.now();
    const controller = new AbortController();
    const interrupt = (): void => controller.abort();
    for (const signal of SIGNALS) process.once(signal, interrupt);
    const line = new ProgressLine(options.json || !process.stderr.isTTY);
    try {
      const result = await runMerge(plan, {
        version: programVersion(),
        signal: controller.signal,
        onProgress: (progress) => line.show(progress),
      });
      line.clear();
      const seconds = (performance.now() - began) / 1000;
      if (options.json) shell.out(JSON.stringify({ ...result, seconds, peakBytes: peakBytes() }, null, 2));
      else for (const text of resultLines(result, seconds)) shell.out(text);
      return EXIT.ok;
    } catch (error) {
      line.clear();
      if (!controller.signal.aborted) throw error;
      shell.err('Stopped; nothing was written.');
      return EXIT.interrupted;
    } finally {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    }
  } finally {
    plan.close();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The most memory that this process has had, in bytes. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

async function requestOf(shell: Shell, models: readonly string[], options: MergeArguments): Promise<MergeRequest> {
  const { recipe, method, base, output, dtype, shard, seed, layout } = options;
  const { own: weights, files: behindWeights } = wordsOf(
    options.weights,
    (word) => decimal(word) !== null,
    '--weights takes numbers',
  );
  const { own: set, files: behindSet } = wordsOf(
    options.set,
    (word) => word.includes('='),
    '--set takes settings like density=0.2',
  );
  const files = [...models, ...behindWeights, ...behindSet];
  const alone = { method, base, set, weights };
  const beside = Object.entries(alone).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (recipe !== undefined && (beside.length > 0 || files.length > 0))
    throw usage(`A recipe says by itself what is merged; ${[...beside, ...files].join(', ')} cannot stand beside it.`);
  if (recipe === undefined && (method === undefined || files.length === 0))
    throw usage('Say how and what is merged: --method and the models, or --recipe.', 'See `touchstone merge --help`.');
  const asked: MergeRecipe =
    recipe !== undefined
      ? await readRecipe(givenPath(recipe))
      : {
          steps: [
            {
              method: method ?? '',
              ...(base === undefined ? {} : { base: givenPath(base) }),
              models: files.map((file) => givenPath(file)),
              ...(weights === undefined ? {} : { weights: weights.map(Number) }),
              set: await settingsOf(method ?? '', set ?? [], shell.dataFolder),
            },
          ],
        };
  const target = output === undefined ? asked.output : givenPath(output);
  if (target === undefined) throw usage('Say where the result goes: -o merged.safetensors.');
  const parsed = mergeRequest.safeParse({
    ...asked,
    output: target,
    force: options.force,
    memoryBytes: sizeOf('--memory', options.memory, LEAST_MEMORY),
    ...(dtype === undefined ? {} : { dtype }),
    ...(shard === undefined ? {} : { shardBytes: sizeOf('--shard', shard) }),
    ...(seed === undefined ? {} : { seed: seedOf(seed) }),
    ...(layout === undefined ? {} : { outputAxis: AXES[layout] }),
  });
  if (!parsed.success) throw usage(inputSentences(parsed.error));
  return parsed.data;
}

const usage = (message: string, remedy: string | null = null): WorkbenchError =>
  new WorkbenchError({ kind: 'invalid-input', message, remedy, details: null });

/** An option of several words takes all behind it, also those that are models: these are told from slips of the pen. */
function wordsOf(words: readonly string[] | undefined, isOwn: (word: string) => boolean, takes: string) {
  const files = (words ?? []).filter((word) => !isOwn(word));
  const slip = files.find((word) => !/[./\\]/.test(word) && !existsSync(givenPath(word)));
  if (slip !== undefined) throw usage(`${takes}, not "${slip}".`);
  return { own: words?.filter(isOwn), files };
}

function sizeOf(option: string, text: string, least = 1): number {
  const bytes = bytesOfText(text);
  if (bytes === null) throw usage(`${option} takes a number with a unit, as 512MiB or 5GB, not "${text}".`);
  if (bytes < least) throw usage(`${option} takes ${least / 2 ** 20}MiB or more, not "${text}".`);
  return bytes;
}

function seedOf(text: string): number {
  const seed = decimal(text);
  if (seed === null || !Number.isInteger(seed)) throw usage(`--seed takes a whole number, not "${text}".`);
  return seed;
}

async function settingsOf(method: string, texts: readonly string[], dataFolder: string): Promise<HyperParameters> {
  return settingsArgument((await tensorMethod(method, dataFolder)).method.schema, texts);
}

function outlineLines({ steps, files, memoryBytes, notes }: MergeOutline, free: number | null): string[] {
  return [
    ...steps.flatMap((step, index) => [
      `${steps.length > 1 ? `Step ${index + 1}: ` : ''}${step.title} of ${step.models.join(', ')}` +
        `${step.base === null ? '' : `, from ${step.base}`}`,
      ...step.settings.map(({ match, what }) => `  ${match}: ${what}`),
      `  ${step.merged} tensors merged, ${step.copied} copied; ${passesText(step.passes)}` +
        `${step.reads === null ? '' : `, ${formatBytes(step.reads)} in all`}; writes ${formatBytes(step.writes)}`,
    ]),
    `Result: ${files.join(', ')}`,
    `Needs about ${formatBytes(memoryBytes)} of memory${free === null ? '' : `; ${formatBytes(free)} free on the disk`}.`,
    ...notes.map((note) => `Note: ${note}`),
    'Nothing was written.',
  ];
}

function passesText(passes: readonly (number | null)[]): string {
  const most = passes.reduce<number | null>((a, b) => (a === null || b === null ? null : Math.max(a, b)), 0);
  if (most === null) return 'reads every tensor at least once';
  if (most === 0) return 'reads every tensor once';
  return `reads tensors ${most + 1} times: ${most === 1 ? 'once' : `${most} times`} to look at the whole net, then to merge`;
}

function resultLines({ files, bytesRead, bytesWritten }: MergeResult, seconds: number): string[] {
  const rate = (bytesRead + bytesWritten) / Math.max(seconds, 0.001);
  return [
    ...files.map((file) => `${file} is written.`),
    `${formatBytes(bytesRead)} read and ${formatBytes(bytesWritten)} written in ${formatSeconds(seconds)} ` +
      `(${formatBytes(rate)}/s), at most ${formatBytes(peakBytes())} of memory.`,
  ];
}

const BETWEEN_LINES_MS = 250;

/** One line that is written over: share, bytes, rate, time left. */
class ProgressLine {
  readonly #silent: boolean;
  readonly #began = performance.now();
  #last = 0;

  constructor(silent: boolean) {
    this.#silent = silent;
  }

  show({ done, total, step, steps }: MergeProgress): void {
    const now = performance.now();
    if (this.#silent || now - this.#last < BETWEEN_LINES_MS) return;
    this.#last = now;
    const rate = done / Math.max((now - this.#began) / 1000, 0.001);
    const left = total === null ? '' : `, ${formatSeconds(Math.max(0, total - done) / rate)} left`;
    const share = total === null ? '' : `${Math.min(100, Math.floor((100 * done) / total))} % · `;
    const which = steps > 1 ? `step ${step} of ${steps} · ` : '';
    process.stderr.write(`\r\u001b[2K${which}${share}${formatBytes(done)} · ${formatBytes(rate)}/s${left}`);
  }

  clear(): void {
    if (!this.#silent) process.stderr.write('\r\u001b[2K');
  }
}
