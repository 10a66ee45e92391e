import { afterEach, beforeEach } from 'vitest';
import type { WorkbenchParts } from '../../../src-main/workbench/workbench.ts';
import { openBench, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

export interface BenchOfEach {
  /** Opens a Workbench on this test's folder; the last one is closed when the test has ended. */
  open(more?: Partial<WorkbenchParts> & { dataPresent?: boolean }): Promise<Bench>;
  /** The data folder of this test. */
  folder(): string;
}

/** A data folder for each test of a file, with the Workbench that the test opens on it. */
export function benchOfEach(): BenchOfEach {
  let folder = { path: '', remove: (): void => undefined };
  let bench: Bench;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await bench.workbench.close({ graceful: false });
    folder.remove();
  });
  return {
    open: async (more = {}) => (bench = await openBench(folder.path, more)),
    folder: () => folder.path,
  };
}
