import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/files.ts';
import type { FileTrouble } from '../../methods/registry.ts';
import { madeId, madeParts, suiteForm } from './form.ts';
import type { SuiteForm } from './form.ts';

const ENDING = '.suite.json';

/** Thrown in a sentence: the suite is there already, or cannot be stored. */
export class MadeSuiteError extends Error {
  override readonly name = 'MadeSuiteError';
}

/** The forms of a data folder, `suites/<kind>.<dataset>.<name>.suite.json` each. */
export class MadeSuites {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'suites');
  }

  /** Every form that can be read; a file that cannot be used stops only itself. */
  list(): { readonly forms: readonly SuiteForm[]; readonly troubles: readonly FileTrouble[] } {
    const forms: SuiteForm[] = [];
    const troubles: FileTrouble[] = [];
    if (!existsSync(this.#folder)) return { forms, troubles };
    for (const name of readdirSync(this.#folder).sort()) {
      if (!name.endsWith(ENDING) || name.startsWith('.') || name.startsWith('_')) continue;
      const file = join(this.#folder, name);
      try {
        forms.push(this.#read(file));
      } catch (error) {
        troubles.push({ file, message: error instanceof Error ? error.message : String(error) });
      }
    }
    return { forms, troubles };
  }

  /** The form of a suite by its id, or null where there is none. Throws what is wrong with its file. */
  get(id: string): SuiteForm | null {
    const file = this.#fileOf(id);
    return file !== null && existsSync(file) ? this.#read(file) : null;
  }

  /** Stores a form; it is not changed from then on. Throws MadeSuiteError where its suite is there. */
  put(form: SuiteForm): void {
    const file = this.#fileOf(madeId(form));
    if (file === null) throw new MadeSuiteError(`${madeId(form)} is no id of a suite.`);
    if (existsSync(file))
      throw new MadeSuiteError(
        `There is a suite ${madeId(form)} already, and its protocol stays as it is. Choose another name.`,
      );
    writeFileAtomic(file, [new TextEncoder().encode(`${JSON.stringify(form, null, 2)}\n`)]);
  }

  /** Forgets a form; results that were measured with it stay. False where there is none. */
  remove(id: string): boolean {
    const file = this.#fileOf(id);
    if (file === null || !existsSync(file)) return false;
    rmSync(file);
    return true;
  }

  #fileOf(id: string): string | null {
    const parts = madeParts(id);
    if (parts === null || ![parts.dataset, parts.name].every((part) => /^[a-z0-9][a-z0-9+._-]*$/.test(part)))
      return null;
    return join(this.#folder, `${parts.kind}.${parts.dataset}.${parts.name}${ENDING}`);
  }

  #read(file: string): SuiteForm {
    const parsed = suiteForm.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Error(`${issue?.path.join('.') || 'the form'}: ${issue?.message ?? 'is wrong'}`);
    }
    if (this.#fileOf(madeId(parsed.data)) !== file)
      throw new Error(`it makes ${madeId(parsed.data)}; a form lies in the file that is named as its suite`);
    return parsed.data;
  }
}
