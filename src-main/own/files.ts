import { existsSync, readdirSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from '../base/files.ts';
import type { MethodDescription } from '../methods/contract.ts';
import { methodRegistry } from '../methods/registry.ts';
import type { MethodRegistry, RegisteredMethod } from '../methods/registry.ts';
import type { SuiteDescription } from '../suites/contract.ts';
import { suiteRegistry } from '../suites/registry.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { describeMethod, describeSuites } from './described.ts';
import type { Described } from './described.ts';
import { hashOfFiles } from './module.ts';
import type { OwnTimes } from './process.ts';

export type OwnKind = 'method' | 'suite';

/** A file of the person's as the program knows it. */
export interface OwnFile {
  readonly kind: OwnKind;
  readonly file: string;
  /** Of the file and what it imports; null where it cannot be used. */
  readonly hash: string | null;
  /** Ids of the method or the suites that it holds. */
  readonly ids: readonly string[];
  /** Why it cannot be used; null where it can. */
  readonly trouble: string | null;
  /** Milliseconds since 1970 at which this content was read. */
  readonly seenAt: number;
}

export interface OwnFilesOptions {
  /** Its folders `methods` and `suites` are the person's. */
  readonly dataFolder: string;
  /** What comes with the program. */
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly times?: Partial<OwnTimes>;
  readonly now?: () => number;
}

interface Known extends OwnFile {
  readonly files: readonly string[];
  /** Of the folder, when a file that cannot be used was looked at: what it imports is not known. */
  readonly state: string;
  readonly methods: readonly MethodDescription[];
  readonly suites: readonly SuiteDescription[];
}

/** How many files are looked at side by side, and how long after a change. */
const BESIDE = 4;
const SETTLE_MS = 200;
const FOLDERS = { method: 'methods', suite: 'suites' } as const;

/**
 * The program's methods and suites with the person's own beside them. An own file is never imported here: a process of
 * its own answers for it. After an edit the registries hold what the file is now.
 */
export class OwnFiles {
  readonly methods: MethodRegistry = methodRegistry(() => this.#registered.methods);
  readonly suites: SuiteRegistry = suiteRegistry(() => this.#registered.suites);
  readonly #options: OwnFilesOptions;
  #known: readonly Known[] = [];
  #registered: {
    readonly methods: Pick<MethodRegistry, 'methods' | 'troubles'>;
    readonly suites: Pick<SuiteRegistry, 'suites' | 'troubles'>;
  };
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: OwnFilesOptions) {
    this.#options = options;
    this.#registered = { methods: options.methods, suites: options.suites };
  }

  get files(): readonly OwnFile[] {
    return this.#known;
  }

  /** The file that holds an own method or suite, or null. */
  fileOf(kind: OwnKind, id: string): string | null {
    return (
      this.#known.find((known) => known.kind === kind && known.trouble === null && known.ids.includes(id))?.file ?? null
    );
  }

  /** Looks at what has changed since the last time; answers the files that are new, changed or gone. */
  refresh(): Promise<readonly OwnFile[]> {
    const next = this.#last.then(() => this.#refresh());
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Calls back some time after something changes in the person's folders. */
  watch(onChange: () => void): () => void {
    let timer: NodeJS.Timeout | null = null;
    const watchers = Object.values(FOLDERS).flatMap((name): FSWatcher[] => {
      const folder = join(this.#options.dataFolder, name);
      try {
        // Only what is there can be watched: the first own file comes to a folder that waits for it.
        makePrivateFolder(folder);
        const watcher = watch(folder, { persistent: false, recursive: true }, () => {
          if (timer !== null) clearTimeout(timer);
          timer = setTimeout(onChange, SETTLE_MS);
          timer.unref();
        });
        // Not every file system can tell; studies look again before they are planned in any case.
        watcher.on('error', () => watcher.close());
        return [watcher];
      } catch {
        // A folder that cannot be written, or a system that has no more watchers to give.
        return [];
      }
    });
    return () => {
      if (timer !== null) clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    };
  }

  /** Ids of the suites that own methods were asked about. */
  #asked = '';

  async #refresh(): Promise<readonly OwnFile[]> {
    const before = this.#known;
    const suites = await this.#look('suite', before, (file) => this.#suitesIn(file));
    const facts = [...this.#options.suites.suites.values(), ...suites.flatMap((known) => known.suites)].map(
      (suite) => suite.facts,
    );
    // Whether a method fits is said for each suite: where these have changed, all are asked again.
    const asked = facts.map(({ id }) => id).join();
    const areSame =
      this.#asked === asked &&
      sameContent(
        suites,
        before.filter(({ kind }) => kind === 'suite'),
      );
    this.#asked = asked;
    const methods = await this.#look('method', areSame ? before : [], (file) => this.#methodIn(file, facts));
    this.#known = this.#register([...suites, ...methods]);
    const known = new Map(before.map((file) => [file.file, file]));
    const changed = this.#known.filter(({ file, hash, trouble }) => {
      const old = known.get(file);
      return old === undefined || old.hash !== hash || old.trouble !== trouble;
    });
    const present = new Set(this.#known.map(({ file }) => file));
    return [
      ...changed,
      ...before.filter(({ file }) => !present.has(file)).map((file) => ({ ...file, hash: null, trouble: null })),
    ];
  }

  /** The files of a folder; those whose content is known are not asked again. */
  async #look(kind: OwnKind, before: readonly Known[], ask: (file: string) => Promise<Known>): Promise<Known[]> {
    const folder = join(this.#options.dataFolder, FOLDERS[kind]);
    const found = ownFilesIn(folder);
    const state = stateOf(folder);
    const answers = new Map<string, Known>();
    const open: string[] = [];
    for (const file of found) {
      const known = before.find((candidate) => candidate.file === file);
      const isSame =
        known !== undefined &&
        (known.hash === null ? known.state === state : hashOfFiles(file, known.files) === known.hash);
      if (isSame) answers.set(file, known);
      else open.push(file);
    }
    const next = async (): Promise<void> => {
      for (let file = open.shift(); file !== undefined; file = open.shift()) answers.set(file, await ask(file));
    };
    await Promise.all(Array.from({ length: BESIDE }, next));
    return found.flatMap((file) => answers.get(file) ?? []);
  }

  #suitesIn(file: string): Promise<Known> {
    return this.#described('suite', file, describeSuites(file, this.#options.times), (suites) => ({
      ids: suites.map(({ id }) => id),
      suites,
      methods: [],
    }));
  }

  #methodIn(file: string, facts: Parameters<typeof describeMethod>[1]): Promise<Known> {
    return this.#described('method', file, describeMethod(file, facts, this.#options.times), (method) => ({
      ids: [method.id],
      suites: [],
      methods: [method],
    }));
  }

  async #described<T>(
    kind: OwnKind,
    file: string,
    asked: Promise<Described<T>>,
    contentOf: (content: T) => Pick<Known, 'ids' | 'methods' | 'suites'>,
  ): Promise<Known> {
    const state = stateOf(join(this.#options.dataFolder, FOLDERS[kind]));
    const seenAt = (this.#options.now ?? Date.now)();
    try {
      const { content, files, hash } = await asked;
      return { kind, file, hash, files, state, seenAt, trouble: null, ...contentOf(content) };
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      return { kind, file, hash: null, files: [], state, seenAt, trouble, ids: [], methods: [], suites: [] };
    }
  }

  /** Puts what can be used beside what comes with the program; a second one of the same id is a trouble of its file. */
  #register(known: readonly Known[]): Known[] {
    const methods = new Map<string, RegisteredMethod>(this.#options.methods.methods);
    const suites = new Map<string, SuiteDescription>(this.#options.suites.suites);
    const taken = (file: Known): string | null => {
      const id = file.ids.find((each) => (file.kind === 'method' ? methods : suites).has(each));
      return id === undefined ? null : `the id "${id}" is taken; choose another`;
    };
    const settled = known.map((file): Known => {
      const conflict = taken(file);
      if (file.hash === null) return file;
      if (conflict !== null) return { ...file, trouble: conflict };
      for (const method of file.methods) methods.set(method.id, { method, origin: 'user', file: file.file });
      for (const suite of file.suites) suites.set(suite.id, suite);
      return { ...file, trouble: null };
    });
    const troubles = (kind: OwnKind): { file: string; message: string }[] =>
      settled.flatMap((file) =>
        file.kind === kind && file.trouble !== null ? [{ file: file.file, message: file.trouble }] : [],
      );
    this.#registered = {
      methods: { methods, troubles: [...this.#options.methods.troubles, ...troubles('method')] },
      suites: { suites, troubles: [...this.#options.suites.troubles, ...troubles('suite')] },
    };
    return settled;
  }
}

function sameContent(a: readonly Known[], b: readonly Known[]): boolean {
  const said = (files: readonly Known[]): string => files.map(({ file, hash }) => `${file}\n${hash ?? ''}`).join('\n');
  return said(a) === said(b);
}

/** Modules directly in the folder; names that start with `_` or `.` are helpers of others. */
function ownFilesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && isOwnModule(entry.name))
    .map(({ name }) => join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    .sort();
}

const isOwnModule = (name: string): boolean => /^[^_.].*\.(ts|mts|js|mjs)$/.test(name) && !name.endsWith('.d.ts');

/** Changes with every file that lies in the folder. */
function stateOf(folder: string): string {
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      return `${name} ${stat?.size ?? ''} ${stat?.mtimeMs ?? ''}`;
    })
    .join('\n');
}
