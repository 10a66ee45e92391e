import type { Connection } from './connection.ts';
import { numeric, numericOrNull, text } from './rows.ts';
import type { Forecast } from './types.ts';

/** What was said about the time that studies take, and how long they took. */
export class Forecasts {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Keeps what is said about a study's time left, unless that is kept already. */
  addForecast(study: string, { mark, madeAt, open, predicted }: Omit<Forecast, 'actual'>): void {
    this.#db.write(() =>
      this.#db.sql.run(
        'INSERT OR IGNORE INTO forecasts (study, mark, made_at, open, predicted) VALUES (?, ?, ?, ?, ?)',
        study,
        mark,
        madeAt,
        open,
        predicted,
      ),
    );
  }

  /** At the end of a study: how long it took since each forecast. */
  judgeForecasts(study: string, endedAt: number): void {
    this.#db.write(() =>
      this.#db.sql.run(
        'UPDATE forecasts SET actual = (? - made_at) / 1000 WHERE study = ? AND actual IS NULL',
        endedAt,
        study,
      ),
    );
  }

  /**
   * A study that was paused, cancelled or interrupted does not end when it was said to: what is not judged yet is void.
   */
  dropForecasts(study: string): void {
    this.#db.write(() => this.#db.sql.run('DELETE FROM forecasts WHERE study = ? AND actual IS NULL', study));
  }

  forecasts(study: string): Forecast[] {
    return this.#db.sql
      .all('SELECT * FROM forecasts WHERE study = ? ORDER BY made_at, mark DESC', study)
      .map((row) => ({
        mark: text(row, 'mark') === 'start' ? 'start' : 'half',
        madeAt: numeric(row, 'made_at'),
        open: numeric(row, 'open'),
        predicted: numeric(row, 'predicted'),
        actual: numericOrNull(row, 'actual'),
      }));
  }
}
