/** Where set-up tells how it goes. */
export interface Progress {
  /** A new phase begins; one short sentence. */
  phase(text: string): void;
  /** Of the phase: `done` of `total` bytes. */
  bytes(done: number, total: number): void;
  /** A line that stays. */
  note(text: string): void;
}

export const silent: Progress = { phase: () => undefined, bytes: () => undefined, note: () => undefined };

/** Megabytes (10⁶ bytes) as people read them. */
export const megabytes = (bytes: number): string =>
  `${bytes < 10_000_000 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6).toLocaleString('en')} MB`;

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar with size, rate and time left on a terminal; elsewhere (a log) a line per phase and per tenth. */
export function terminalProgress(out: Terminal, now: () => number = Date.now): Progress & { end(): void } {
  const BAR = 24;
  let phase = '',
    began = 0,
    shown = 0,
    tenth = 0,
    open = false;
  const end = (): void => {
    if (open) out.write('\n');
    open = false;
  };
  return {
    end,
    note(text) {
      end();
      out.write(`${text}\n`);
    },
    phase(text) {
      end();
      [phase, began, shown, tenth] = [text, now(), 0, 0];
      out.write(`${text}${out.isTTY ? '' : '\n'}`);
      open = out.isTTY === true;
    },
    bytes(done, total) {
      const seconds = (now() - began) / 1000;
      const rate = done / Math.max(seconds, 0.001);
      const share = Math.min(1, done / total);
      const figures = `${megabytes(done)} of ${megabytes(total)}, ${megabytes(rate)}/s`;
      if (!out.isTTY) {
        if (Math.floor(share * 10) <= tenth) return;
        tenth = Math.floor(share * 10);
        out.write(`  ${tenth * 10} %: ${figures}\n`);
        return;
      }
      if (now() - shown < 100 && share < 1) return;
      shown = now();
      const left = share > 0.02 ? `, ${Math.ceil((total - done) / rate)} s left` : '';
      const filled = Math.round(share * BAR);
      const line = `${phase} [${'#'.repeat(filled)}${' '.repeat(BAR - filled)}] ${figures}${left}`;
      out.write(`\r${line.slice(0, (out.columns ?? 100) - 1)}\u001B[K`);
      open = true;
    },
  };
}
