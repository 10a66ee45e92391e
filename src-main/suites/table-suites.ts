import type { DatasetInfo } from '../datasets/types.ts';
import type { Suite } from './contract.ts';
import { suiteRegistry } from './registry.ts';
import type { SuiteRegistry } from './registry.ts';
import type { FileTrouble } from '../methods/registry.ts';
import type { MadeSuites } from './made/files.ts';
import { madeId } from './made/form.ts';
import { imageSuite, madeSuite } from './made/suite.ts';
import { tableSuite } from './shared/table-suite.ts';

/**
 * The suites that come with the program, and beside them those that data sets are: one for every table and every set of
 * images that is here, and a person's own by a form.
 */
export class TableSuites {
  readonly #fixed: SuiteRegistry<Suite>;
  readonly #list: () => Promise<readonly DatasetInfo[]>;
  readonly #made: MadeSuites | null;
  #suites: ReadonlyMap<string, Suite>;
  #troubles: readonly FileTrouble[] = [];
  readonly registry: SuiteRegistry<Suite> = suiteRegistry(() => ({
    suites: this.#suites,
    troubles: [...this.#fixed.troubles, ...this.#troubles],
  }));

  constructor(
    fixed: SuiteRegistry<Suite>,
    list: () => Promise<readonly DatasetInfo[]>,
    made: MadeSuites | null = null,
  ) {
    this.#fixed = fixed;
    this.#list = list;
    this.#made = made;
    this.#suites = fixed.suites;
  }

  /** Looks at the data again. To be called at the start and after data came or went. */
  async refresh(): Promise<void> {
    const infos = await this.#list();
    const tables = infos.flatMap((info) => tableSuite(info) ?? imageSuite(info) ?? []);
    const { forms, troubles } = this.#made?.list() ?? { forms: [], troubles: [] };
    const here = new Map(infos.map((info) => [info.id, info]));
    const own: Suite[] = [];
    const found: FileTrouble[] = [...troubles];
    for (const form of forms) {
      const info = here.get(form.dataset);
      try {
        // Of data that went away nobody can say what it was; the form waits for it.
        if (info !== undefined) own.push(madeSuite(form, info));
      } catch (error) {
        found.push({ file: madeId(form), message: error instanceof Error ? error.message : String(error) });
      }
    }
    this.#troubles = found;
    this.#suites = new Map([...this.#fixed.suites, ...[...tables, ...own].map((suite) => [suite.id, suite] as const)]);
  }
}
