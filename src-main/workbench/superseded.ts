import type { DatasetStore } from '../datasets/store.ts';
import { presentProgramPart, programPart } from '../engine/numerics.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { dataHash, trialIn } from '../results/identity.ts';
import type { CellVersion } from '../results/identity.ts';
import type { MeasuredCell } from '../results/types.ts';
import { protocolHash } from '../suites/published.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { remembered } from '../base/remembered.ts';

/** A cell as far as it says with which version of everything it was measured. */
export type Versioned = Pick<MeasuredCell, 'identity' | 'suite' | 'method' | 'version'>;

export interface SupersededParts {
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly datasets: Pick<DatasetStore, 'list'>;
  /** A stored cell by its identity. */
  readonly cell: (identity: string) => Versioned | null;
}

/** Digits of a hash that a person can tell apart. */
const SHORT = 6;

/**
 * Which results are of an earlier version: what this program would compute now under the same name is something else.
 * They are kept and shown on request, never averaged with others and never counted.
 */
export class Superseded {
  readonly #parts: SupersededParts;
  #data: ReadonlyMap<string, string | null> = new Map();

  constructor(parts: SupersededParts) {
    this.#parts = parts;
  }

  /** Looks at what is here of data sets. Until then nothing is superseded by them. */
  async refresh(): Promise<void> {
    this.#data = new Map((await this.#parts.datasets.list()).map(({ id, sha256 }) => [id, sha256]));
  }

  /**
   * In what a cell differs from what this program would compute now, in words ("method version 1"); empty where in
   * nothing, or where the program cannot tell. The machine's part of the numerics does not count: another machine's
   * results are not older. For many cells: what they have in common is worked out once.
   */
  differences(): (cell: Versioned) => string {
    const known = new Map<CellVersion, Map<string, Map<string, string>>>();
    const protocols = new Map<string, string>();
    const now = (cell: Versioned): string =>
      remembered(
        remembered(
          remembered(known, cell.version, () => new Map<string, Map<string, string>>()),
          cell.suite,
          () => new Map<string, string>(),
        ),
        cell.method,
        () => [...this.#ofSuite(cell, protocols), ...this.#ofMethod(cell), ...this.#ofArtefacts(cell, now)].join(', '),
      );
    return now;
  }

  #ofSuite({ suite: id, version }: Versioned, protocols: Map<string, string>): string[] {
    const suite = this.#parts.suites.find(id);
    if (suite === undefined) return [];
    const found: string[] = [];
    if (version.suiteVersion !== suite.version) found.push(`suite version ${version.suiteVersion}`);
    else if (version.protocolHash !== remembered(protocols, id, () => protocolHash(suite)))
      found.push(`another protocol ${version.protocolHash.slice(0, SHORT)}`);
    const hashes = suite.datasets.map((dataset) => this.#data.get(dataset) ?? null);
    const present = hashes.every((hash) => hash !== null) ? dataHash(hashes) : null;
    if (present !== null && present !== version.data) found.push(`other data ${version.data.slice(0, SHORT)}`);
    return found;
  }

  #ofMethod({ method: id, version }: Versioned): string[] {
    const found: string[] = [];
    const method = this.#parts.methods.methods.get(id)?.method;
    if (method !== undefined) {
      const { sourceHash } = version;
      if (version.methodVersion !== method.version) found.push(`method version ${version.methodVersion}`);
      if (sourceHash !== (method.source ?? null))
        found.push(sourceHash === null ? 'before its file was looked at' : `file ${sourceHash.slice(0, SHORT)}`);
      if (version.driver !== method.driver) found.push(`driver version ${version.driver}`);
    }
    const part = programPart(version.numerics);
    if (part !== presentProgramPart(version.numerics)) found.push(`numerics ${part ?? version.numerics}`);
    return found;
  }

  /** Where an artefact was made by something older, so is what used it. */
  #ofArtefacts({ version }: Versioned, now: (cell: Versioned) => string): string[] {
    const found = new Set<string>();
    for (const identity of new Set(Object.values(version.artefacts).map(trialIn))) {
      const maker = this.#parts.cell(identity);
      const words = maker === null ? '' : now(maker);
      if (maker !== null && words !== '') found.add(`artefacts of ${maker.method} (${words})`);
    }
    return [...found];
  }
}
