import { fileURLToPath } from 'node:url';
import { dataFolder } from '../../workbench/data-folder.ts';
import { openWorkbench, realParts } from '../../workbench/open.ts';
import { loadSuites } from '../../suites/registry.ts';
import { runStudy } from '../../cli/run.ts';
import { processShell, runCommand } from '../../cli/shell.ts';
import type { Shell } from '../../cli/shell.ts';
import { BENCH_SUITES, STUDY_SUITE } from '../suites.ts';

/**
 * `touchstone run` with the benchmark's suites: the program's own command, Workbench, scheduler and database over
 * TOUCHSTONE_DATA; only its workers know more suites. Started as: study.ts <seeds> <method> [<method> …].
 */
const shell: Shell = {
  ...processShell(),
  async withWorkbench(work) {
    const opened = await openWorkbench({
      dataFolder: dataFolder(),
      runQueue: false,
      parts: async (folder, store) => ({
        ...(await realParts(folder, store)),
        suites: await loadSuites({ given: BENCH_SUITES }),
        workerEntry: fileURLToPath(new URL('../worker.ts', import.meta.url)),
      }),
    });
    try {
      return await work(opened.client, opened);
    } finally {
      await opened.close();
    }
  },
};

const [, , seeds = '0', ...methods] = process.argv;
await runCommand(shell, false, () =>
  runStudy(shell, [STUDY_SUITE], {
    methods,
    seeds,
    backend: 'tensorflow-cpu',
    references: false,
    json: false,
    quick: false,
    detach: false,
  }),
);
