import os from 'node:os';
import { join, resolve } from 'node:path';
import { projectRoot } from '../engine/provision/layout.ts';
import { useCodeCache } from '../base/code-cache.ts';
import { workersFor } from '../workbench/hosts/machine.ts';
import type { Bench, RowGroup } from './context.ts';
import { describeMachine } from './machine.ts';
import { isWanted, mayBeWanted, parseBenchOptions } from './options.ts';
import { mergeRows, rowsBeside, tableOf, writeBenchRecord } from './record.ts';
import type { Row } from './record.ts';
import { boundRows } from './rows/bound.ts';
import { eagerRows } from './rows/eager.ts';
import { interfaceRows } from './rows/interface.ts';
import { stepRows } from './rows/step.ts';
import { studyRows } from './rows/study.ts';
import { suiteStepRows } from './rows/suite-steps.ts';

// The studies that are measured start as they do under `touchstone`.
useCodeCache();

/** In the order of the record; what a person waits longest for comes last. */
const GROUPS: readonly RowGroup[] = [interfaceRows, stepRows, boundRows, eagerRows, suiteStepRows, studyRows];

/**
 * Measures every row that was asked for and writes each into the record as soon as it is done, so that an interrupted
 * run loses one row. A group that fails is told in one line, and the others go on; the exit code then is 1.
 */
async function main(argv: readonly string[]): Promise<number> {
  const options = parseBenchOptions(argv, join(projectRoot(), 'resources', 'bench', 'latest.json'));
  const out = resolve(options.out);
  const machine = describeMachine(
    workersFor('tensorflow-cpu'),
    ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
  );
  const former = rowsBeside(out, machine);
  const measured: Row[] = [];
  const live = process.stderr.isTTY;
  const bench: Bench = {
    ...options,
    cores: workersFor('tensorflow-cpu'),
    wanted: (name) => isWanted(options.only, name),
    mayBeWanted: (beginning) => mayBeWanted(options.only, beginning),
    say: (line) => void process.stderr.write(live ? `\r\u001b[2K${line}` : `${line}\n`),
    done: (row) => {
      measured.push({ ...row, date: new Date().toISOString(), loadAverage: Number((os.loadavg()[0] ?? 0).toFixed(2)) });
      writeBenchRecord(out, { machine, rows: mergeRows(former, measured) });
    },
  };
  let failures = 0;
  for (const group of GROUPS) {
    if (!group.names.some(bench.mayBeWanted)) continue;
    try {
      await group.measure(bench);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error.name !== 'Unavailable') failures += 1;
      process.stderr.write(`${live ? '\r\u001b[2K' : ''}${group.names[0].split('/')[0]}/*: ${error.message}\n`);
    }
  }
  if (live) process.stderr.write('\r\u001b[2K');
  if (measured.length === 0) {
    process.stdout.write(`Nothing was measured. Rows: ${GROUPS.flatMap(({ names }) => names).join(', ')}\n`);
    return failures > 0 || options.only.length > 0 ? 1 : 0;
  }
  process.stdout.write(
    `${tableOf(mergeRows(former, measured))}\nRows of earlier days keep their date. Written to ${out}\n`,
  );
  return failures > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
