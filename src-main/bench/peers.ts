import type { Contestant } from './contest.ts';
import { LineProcess, millisecondsTogether } from './line-process.ts';

/** Who shares the cores and how: `processes` of `threads` each. */
export interface Arrangement {
  readonly processes: number;
  readonly threads: number;
}

/** The two ways of using `cores` cores with one program: all threads in one process, or a process for each. */
export function arrangementsFor(cores: number): Arrangement[] {
  return cores === 1
    ? [{ processes: 1, threads: 1 }]
    : [
        { processes: 1, threads: cores },
        { processes: cores, threads: 1 },
      ];
}

export const arrangementName = ({ processes, threads }: Arrangement): string =>
  `${processes} × ${threads} ${threads === 1 ? 'thread' : 'threads'}`;

/** One program in one arrangement, kept warm. */
export interface Team extends Contestant {
  readonly versions: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface TeamRequest {
  readonly family: string;
  readonly arrangement: Arrangement;
  readonly program: string;
  /** The command line of one process. */
  readonly args: (threads: number) => readonly string[];
  readonly env: (threads: number) => NodeJS.ProcessEnv;
  /** How long one measurement lasts. */
  readonly seconds: number;
}

/**
 * Starts the processes of a team; all of them run at once in every measurement, and their rates add up. Rejects when
 * one does not start.
 */
export async function startTeam({ family, arrangement, program, args, env, seconds }: TeamRequest): Promise<Team> {
  const { processes, threads } = arrangement;
  const members: LineProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.close()));
  };
  try {
    for (let index = 0; index < processes; index++)
      members.push(await LineProcess.start(program, args(threads), env(threads)));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: `${family}, ${arrangementName(arrangement)}`,
    family,
    versions: members[0]?.versions ?? {},
    close,
    measure: async () => millisecondsTogether(await Promise.all(members.map((member) => member.run(seconds)))),
  };
}

export const STEP_LIBRARIES = [
  { family: 'PyTorch eager', library: 'torch' },
  { family: 'torch.compile', library: 'torch-compile' },
  { family: 'JAX jit', library: 'jax-jit' },
  { family: 'JAX scan', library: 'jax-scan' },
] as const;

export const PYTORCH_FAMILIES: readonly string[] = ['PyTorch eager', 'torch.compile'];
