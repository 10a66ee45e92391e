import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const readySchema = z
  .object({ ready: z.literal(true), versions: z.record(z.string(), z.string()).default({}) })
  .loose();
const runSchema = z.object({ steps: z.number(), seconds: z.number(), cpu: z.number() });
export type TimedSteps = z.infer<typeof runSchema>;

/**
 * A process that is kept warm and measured now and then, over lines of JSON: it says `{ready, versions}` once, then
 * answers every `{seconds}` with `{steps, seconds, cpu}`: how many steps, in how much wall time and processor time.
 */
export class LineProcess {
  readonly versions: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #complaint: () => string;

  private constructor(
    child: ChildProcess,
    answers: AsyncIterator<string>,
    versions: Readonly<Record<string, string>>,
    complaint: () => string,
  ) {
    this.#child = child;
    this.#answers = answers;
    this.#complaint = complaint;
    this.versions = versions;
  }

  /** Starts it and waits until it is warm. Rejects with what it wrote to stderr when it ends before that. */
  static async start(
    program: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<LineProcess> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text = (text + part).slice(-2000);
    });
    child.on('error', (error) => {
      text += error.message;
    });
    // A process that has ended does not read; its absence shows in the answer that does not come.
    child.stdin.on('error', () => undefined);
    const complaint = (): string => text.trim().split('\n').slice(-3).join(' / ') || 'no message';
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    try {
      const { versions } = await answer(answers, readySchema, complaint);
      return new LineProcess(child, answers, versions, complaint);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async run(seconds: number): Promise<TimedSteps> {
    this.#child.stdin?.write(`${JSON.stringify({ seconds })}\n`);
    return answer(this.#answers, runSchema, this.#complaint);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The next line that is JSON of this form; libraries may write other things to stdout. */
async function answer<T>(answers: AsyncIterator<string>, schema: z.ZodType<T>, complaint: () => string): Promise<T> {
  for (;;) {
    const line = await answers.next();
    if (line.done === true) throw new Error(`it ended (${complaint()})`);
    if (!line.value.startsWith('{')) continue;
    const parsed = schema.safeParse(JSON.parse(line.value));
    if (parsed.success) return parsed.data;
  }
}

/** Milliseconds per step of processes that run at the same time: their rates add up. */
export function millisecondsTogether(runs: readonly Pick<TimedSteps, 'steps' | 'seconds'>[]): number {
  return 1000 / runs.reduce((rate, { steps, seconds }) => rate + steps / seconds, 0);
}
