import { checkedMethod } from '../methods/checked.ts';
import type { Method } from '../methods/contract.ts';
import { suitesOf } from '../suites/checked.ts';
import type { Suite } from '../suites/contract.ts';
import { hashOfFiles, importOwn } from './module.ts';
import type { OwnModule } from './module.ts';

/**
 * For trial workers: methods and suites of a person's files, to be run. A file is imported again when it, or what it
 * imports, has changed.
 */
export class OwnRunnables {
  readonly #loaded = new Map<string, Promise<OwnModule>>();

  /** Throws what the file throws, and an Error where it does not hold the method. */
  async method(file: string, id: string): Promise<Method> {
    const { exports, hash } = await this.#load(file);
    const method = checkedMethod(exports);
    if (method.id !== id) throw new Error(`${file} holds the method ${method.id}, not ${id}.`);
    return { ...method, source: hash };
  }

  /** Throws what the file throws, and an Error where it does not hold the suite. */
  async suite(file: string, id: string): Promise<Suite> {
    const { exports, hash } = await this.#load(file);
    const suite = suitesOf(exports).find((candidate) => candidate.id === id);
    if (suite === undefined) throw new Error(`${file} holds no suite ${id}.`);
    return { ...suite, source: hash, open: (environment) => suite.open(environment) };
  }

  async #load(file: string): Promise<OwnModule> {
    const known = await this.#loaded.get(file)?.catch(() => null);
    if (known && hashOfFiles(file, known.files) === known.hash) return known;
    const loading = importOwn(file);
    this.#loaded.set(file, loading);
    return loading;
  }
}
