import { placeText } from '../base/places.ts';
import { shortText } from '../base/shortened.ts';
import { touchstoneCommand } from '../base/command-line.ts';
import { printable } from '../base/plain-text.ts';
import { STATE_WORDS } from '../results/states.ts';
import { variantOf } from '../suites/variant-ids.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { Output, StudySummary, WorkbenchClient } from '../workbench/contract/contract.ts';
import type { OpenedWorkbench } from '../workbench/open.ts';
import { EXIT } from './exit-codes.ts';
import type { Shell } from './shell.ts';
import { leaderboardText, studyLine } from './text.ts';

export interface FollowOptions {
  /** Nothing but the results, as JSON. */
  readonly json: boolean;
  /** Whether the study's leaderboard is said at its end. */
  readonly board?: boolean;
  /** Whether what the study says of itself is said too, and not only warnings. */
  readonly says?: boolean;
}

/**
 * Shows a study until it ends. The first Ctrl-C pauses it (checkpoints are written) and ends the command, the second
 * ends it at once.
 */
export async function follow(
  shell: Shell,
  client: WorkbenchClient,
  opened: OpenedWorkbench,
  study: StudySummary,
  { json, board = true, says = false }: FollowOptions,
  interrupts = new Interrupts(),
): Promise<number> {
  const live = new LiveLine(json ? null : process.stderr);
  const ended = new Promise<StudySummary | 'interrupted' | 'gone'>((resolve, reject) => {
    client.subscribe((event) => {
      if (event.kind === 'study' && event.study.id === study.id) {
        live.study(event.study);
        if (hasEnded(event.study)) resolve(event.study);
      } else if (event.kind === 'trial' && event.studies.includes(study.id)) live.trial(event.trial);
      else if (event.kind === 'workbench') live.print(event.message);
      else if (event.kind === 'log' && (event.level !== 'info' || says) && concerns(event.studies, study.id))
        live.print(`${event.about === '' ? '' : `${event.about}: `}${event.message}`);
    });
    opened.onGone(() => resolve('gone'));
    interrupts.onFirst(() => {
      live.print(
        'Pausing: checkpoints are being written. Ctrl-C again ends at once (the study then resumes from ' +
          'the last checkpoints).',
      );
      client.call('study.pause', { id: study.id }).then(() => resolve('interrupted'), reject);
    });
    // It may have ended while this was set up, or hold nothing new at all.
    client.call('study.get', { id: study.id }).then((now) => {
      live.names = new Map(now.configurations.map(({ key, name }) => [key, name]));
      if (hasEnded(now)) resolve(now);
    }, reject);
  });
  const end = await ended;
  if (end === 'gone') {
    live.close();
    shell.err('The Touchstone that ran the study has ended; this command goes on with it.');
    return shell.withWorkbench(async (other, reopened) => {
      const taken = await other.call('study.continue', { id: study.id });
      return follow(shell, other, reopened, taken, { json, board, says }, interrupts);
    });
  }
  // Paused by Ctrl-C here, or by somebody in the window.
  if (end === 'interrupted' || end.state === 'paused') {
    await paused(client, study.id);
    interrupts.release();
    live.close();
    shell.err(`Paused. \`${touchstoneCommand('study', 'resume', study.id.slice(0, 8))}\` goes on.`);
    return EXIT.interrupted;
  }
  live.close();
  interrupts.release();
  const show = (from: WorkbenchClient): Promise<number> => showResults(shell, from, end, { json, board });
  const unfinished = await show(client).catch((error: unknown) => {
    // Who ran the study may end as soon as it has ended.
    if (!(error instanceof WorkbenchError) || error.failure.kind !== 'unavailable' || opened.how !== 'socket')
      throw error;
    return shell.withWorkbench(show);
  });
  if (end.state === 'cancelled') return EXIT.interrupted;
  if (end.counts.failed > 0) return EXIT.trialsFailed;
  return unfinished > 0 ? EXIT.trialsDiverged : EXIT.ok;
}

const hasEnded = ({ state }: StudySummary): boolean => state !== 'running' && state !== 'planning';

/** Answers how many trials diverged, or were not possible because others had, of those that were asked for. */
async function showResults(
  shell: Shell,
  client: WorkbenchClient,
  study: StudySummary,
  { json, board }: Required<Pick<FollowOptions, 'json' | 'board'>>,
): Promise<number> {
  const detail = await client.call('study.get', { id: study.id });
  if (board) {
    const leaderboard = await client.call('leaderboard.get', { study: study.id, costsBySuite: true });
    shell.out(json ? JSON.stringify({ study, leaderboard }) : leaderboardText(leaderboard));
  }
  explainFailures(shell, detail, json);
  const { request, trials } = detail;
  // A setting that was only tried and diverged is no candidate any more: the study ended as it should.
  const asked = request.tuning === undefined ? trials : trials.filter(({ spec }) => variantOf(spec.suite) !== 'dev');
  return asked.filter(({ state }) => state === 'diverged' || state === 'not-possible').length;
}

/** Ctrl-C: the first one is answered when there is something to pause, the second ends the process at once. */
export class Interrupts {
  #count = 0;
  #answer: (() => void) | null = null;
  readonly #heard = (): void => {
    this.#count += 1;
    if (this.#count > 1) process.exit(EXIT.interrupted);
    this.#answer?.();
  };

  constructor() {
    process.on('SIGINT', this.#heard);
  }

  /** Nothing is followed any more: Ctrl-C means what it means elsewhere. */
  release(): void {
    process.off('SIGINT', this.#heard);
  }

  onFirst(answer: () => void): void {
    this.#answer = answer;
    if (this.#count > 0) answer();
  }
}

/** Waits until no trial of the study writes a checkpoint any more. */
async function paused(client: WorkbenchClient, id: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const check = (): void => {
      client.call('study.get', { id }).then((study) => {
        if (study.counts.running === 0) {
          unsubscribe();
          resolve();
        }
      }, reject);
    };
    const unsubscribe = client.subscribe((event) => {
      if (event.kind === 'study' && event.study.id === id) check();
    });
    check();
  });
}

/** Lines about other studies are theirs; those about the whole data folder everybody's. */
const concerns = (studies: readonly string[], study: string): boolean =>
  studies.length === 0 || studies.includes(study);

function explainFailures(shell: Shell, study: Output<'study.get'>, json: boolean): void {
  if (json) return;
  const names = new Map(study.configurations.map(({ key, name }) => [key, name]));
  for (const { spec, row, state, failure } of study.trials) {
    const who = `${names.get(row) ?? spec.method} on ${spec.suite}, ${placeText(spec)}`;
    if (failure !== null) shell.err(`${capitalised(STATE_WORDS[state])}: ${who}: ${failure.message}`);
  }
}

const capitalised = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

/** One line at the bottom of a terminal that is written over; on anything else a line for every tenth of the study. */
class LiveLine {
  /** Of configurations, by their keys. */
  names: ReadonlyMap<string, string> = new Map();
  readonly #stream: NodeJS.WriteStream | null;
  #study = '';
  readonly #trials = new Map<string, string>();
  #shown = 0;
  #tenth = -1;

  constructor(stream: NodeJS.WriteStream | null) {
    this.#stream = stream;
  }

  study(study: StudySummary): void {
    this.#study = studyLine(study);
    const total = Object.values(study.counts).reduce((sum, count) => sum + count, 0);
    const tenth = Math.floor((10 * study.counts.done) / Math.max(1, total));
    if (this.#stream !== null && !this.#stream.isTTY && tenth > this.#tenth) this.#stream.write(`${this.#study}\n`);
    this.#tenth = Math.max(tenth, this.#tenth);
    this.#draw();
  }

  trial(trial: Output<'study.get'>['trials'][number]): void {
    if (trial.state === 'running' && trial.progress !== null) {
      const { done, total, rate } = trial.progress;
      this.#trials.set(
        trial.id,
        `${this.names.get(trial.row) ?? trial.spec.method} #${trial.spec.seed}${trial.spec.fold === null ? '' : `/${trial.spec.fold}`} ` +
          `${Math.round((100 * done) / Math.max(1, total))} ` +
          `%${rate === null ? '' : ` ${Math.round(rate)}/s`}`,
      );
    } else this.#trials.delete(trial.id);
    this.#draw();
  }

  print(text: string): void {
    this.#clear();
    this.#stream?.write(`${printable(text, true)}\n`);
    this.#draw();
  }

  close(): void {
    this.#clear();
  }

  #draw(): void {
    if (this.#stream?.isTTY !== true || Date.now() - this.#shown < 80) return;
    this.#shown = Date.now();
    const line = shortText([this.#study, ...this.#trials.values()].join(' · '), Math.max(20, this.#stream.columns - 1));
    this.#clear();
    this.#stream.write(line);
  }

  #clear(): void {
    if (this.#stream?.isTTY === true) this.#stream.write('\r\u001b[2K');
  }
}
