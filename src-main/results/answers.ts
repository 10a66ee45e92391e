import { z } from 'zod';
import type { Primitives, SampleNumbers, SampleProbabilities } from '../metrics/primitives.ts';
import type { Connection } from './connection.ts';
import { numeric, text, textOrNull } from './rows.ts';

const namesText = z.array(z.string());

/** Answers to single samples: arrays are files, named by their content; what they are is in two tables. */
export class StoredAnswers {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Writes the files, and answers how their rows are stored, within the transaction that stores the trial. */
  write({ probabilities, predictions = {} }: Pick<Primitives, 'probabilities' | 'predictions'>): (row: number) => void {
    const kept = Object.entries(probabilities).map(([split, sample]) => ({
      split,
      sample,
      values: this.#put(sample.values),
      labels: this.#put(sample.labels),
      tasks: this.#putIfAny(sample.tasks),
    }));
    const numbers = Object.entries(predictions).map(([split, sample]) => ({
      split,
      sample,
      values: this.#put(sample.values),
      targets: this.#put(sample.targets),
      deviations: this.#putIfAny(sample.deviations),
      tasks: this.#putIfAny(sample.tasks),
    }));
    return (row) => {
      for (const table of ['probabilities', 'predictions'])
        this.#db.sql.run(`DELETE FROM ${table} WHERE trial = ?`, row);
      for (const { split, sample, values, labels, tasks } of kept) {
        const { classes, classNames, scores } = sample;
        this.#db.sql.run(
          'INSERT INTO probabilities (trial, split, classes, samples, "values", labels, tasks, class_names, scores) ' +
            'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
          ...[row, split, classes, sample.labels.length, values, labels, tasks],
          classNames ? JSON.stringify(classNames) : null,
          scores === true ? 1 : 0,
        );
      }
      for (const { split, sample, values, targets, deviations, tasks } of numbers) {
        const { width, names } = sample;
        this.#db.sql.run(
          'INSERT INTO predictions (trial, split, width, samples, "values", targets, deviations, tasks, names) ' +
            'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
          ...[row, split, width, sample.targets.length / width, values, targets, deviations, tasks],
          names ? JSON.stringify(names) : null,
        );
      }
    };
  }

  /** What is kept of a trial's answers. Throws DamagedBlob. */
  of(row: number): Pick<Primitives, 'probabilities' | 'predictions'> {
    const predictions = this.#predictions(row);
    return {
      probabilities: this.#probabilities(row),
      ...(Object.keys(predictions).length === 0 ? {} : { predictions }),
    };
  }

  #probabilities(row: number): Record<string, SampleProbabilities> {
    const answer: Record<string, SampleProbabilities> = {};
    for (const stored of this.#db.sql.all('SELECT * FROM probabilities WHERE trial = ?', row)) {
      const values = this.#get(textOrNull(stored, 'values'));
      const labels = this.#get(textOrNull(stored, 'labels'));
      if (values === null || labels === null) continue;
      const tasks = this.#get(textOrNull(stored, 'tasks'));
      const names = textOrNull(stored, 'class_names');
      answer[text(stored, 'split')] = {
        classes: numeric(stored, 'classes'),
        values: new Float32Array(values),
        ...(numeric(stored, 'scores') === 1 ? { scores: true } : {}),
        labels: new Int32Array(labels),
        ...(tasks === null ? {} : { tasks: new Int32Array(tasks) }),
        ...(names === null ? {} : { classNames: namesText.parse(JSON.parse(names)) }),
      };
    }
    return answer;
  }

  #predictions(row: number): Record<string, SampleNumbers> {
    const answer: Record<string, SampleNumbers> = {};
    for (const stored of this.#db.sql.all('SELECT * FROM predictions WHERE trial = ?', row)) {
      const values = this.#get(textOrNull(stored, 'values'));
      const targets = this.#get(textOrNull(stored, 'targets'));
      if (values === null || targets === null) continue;
      const deviations = this.#get(textOrNull(stored, 'deviations'));
      const tasks = this.#get(textOrNull(stored, 'tasks'));
      const names = textOrNull(stored, 'names');
      answer[text(stored, 'split')] = {
        width: numeric(stored, 'width'),
        targets: new Float32Array(targets),
        values: new Float32Array(values),
        ...(deviations === null ? {} : { deviations: new Float32Array(deviations) }),
        ...(tasks === null ? {} : { tasks: new Int32Array(tasks) }),
        ...(names === null ? {} : { names: namesText.parse(JSON.parse(names)) }),
      };
    }
    return answer;
  }

  #put(data: Float32Array | Int32Array): string {
    return this.#db.guard(
      () => this.#db.blobs.put([new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]).hash,
    );
  }

  #putIfAny(data: Float32Array | Int32Array | undefined): string | null {
    return data === undefined ? null : this.#put(data);
  }

  #get(hash: string | null): ArrayBuffer | null {
    return hash === null ? null : (this.#db.blobs.get(hash)?.buffer ?? null);
  }
}
