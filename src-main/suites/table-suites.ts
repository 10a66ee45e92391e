import type { DatasetInfo } from '../datasets/types.ts';
import type { Suite } from './contract.ts';
import { suiteRegistry } from './registry.ts';
import type { SuiteRegistry } from './registry.ts';
import { tableSuite } from './shared/table-suite.ts';

/** The suites that come with the program, and beside them one for every table that is here. */
export class TableSuites {
  readonly #fixed: SuiteRegistry<Suite>;
  readonly #list: () => Promise<readonly DatasetInfo[]>;
  #suites: ReadonlyMap<string, Suite>;
  readonly registry: SuiteRegistry<Suite> = suiteRegistry(() => ({
    suites: this.#suites,
    troubles: this.#fixed.troubles,
  }));

  constructor(fixed: SuiteRegistry<Suite>, list: () => Promise<readonly DatasetInfo[]>) {
    this.#fixed = fixed;
    this.#list = list;
    this.#suites = fixed.suites;
  }

  /** Looks at the data again. To be called at the start and after data came or went. */
  async refresh(): Promise<void> {
    const tables = (await this.#list()).flatMap((info) => tableSuite(info) ?? []);
    this.#suites = new Map([...this.#fixed.suites, ...tables.map((suite) => [suite.id, suite] as const)]);
  }
}
