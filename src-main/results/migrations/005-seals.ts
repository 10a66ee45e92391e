import type { SQLOutputValue } from 'node:sqlite';
import { canonicalJson, sha256 } from '../../base/canonical.ts';
import { text } from '../rows.ts';
import type { Row, Statements } from '../rows.ts';

/**
 * The checksum over a finished trial as programs of schema 5, or 6, computed it; null where its rows cannot be read any
 * more. Never edited.
 */
export function sealedContent(sql: Statements, trial: number, layout: Layout = SCHEMA_5): string | null {
  try {
    return contentChecksum(sql, trial, layout);
  } catch {
    return null;
  }
}

/** Which columns the checksum covers. */
interface Layout {
  readonly description: string;
  readonly cost: string;
}

const SCHEMA_5: Layout = {
  description: `id, suite, suite_version, protocol_hash, data_hash, data_hashes, source_hash, method, method_version,
    configuration, hyper_parameters, seed, backend, numerics, headline, seconds`,
  cost: `seconds, steps, flops, examples, forward_passes, backward_passes, bytes_stored, parameters,
    peak_memory_bytes, workers`,
};

export const SCHEMA_6: Layout = {
  description: `${SCHEMA_5.description}, driver, fold`,
  cost: `${SCHEMA_5.cost}, counted, inference_flops`,
};

function contentChecksum(sql: Statements, trial: number, { description, cost }: Layout): string {
  const one = (query: string): Row => sql.get(query, trial) ?? {};
  const primitives = one('SELECT matrices, curves, scalars, notes FROM primitives WHERE trial = ?');
  return sha256(
    canonicalJson({
      trial: plain(one(`SELECT ${description} FROM trials WHERE row = ?`)),
      metrics: sql
        .all('SELECT metric, split, step, value FROM metrics WHERE trial = ? ORDER BY metric, split, step', trial)
        .map(plain),
      primitives: Object.fromEntries(
        Object.keys(primitives).map((name): [string, unknown] => [name, JSON.parse(text(primitives, name))]),
      ),
      probabilities: sql
        .all(
          `SELECT split, classes, samples, "values", labels, tasks, class_names FROM probabilities
            WHERE trial = ? ORDER BY split`,
          trial,
        )
        .map(plain),
      artefact: plain(one('SELECT hash, note, bytes FROM artefacts WHERE trial = ?')),
      cost: plain(one(`SELECT ${cost} FROM costs WHERE trial = ?`)),
      environment: plain(one('SELECT environment FROM environments WHERE trial = ?')),
    }),
  );
}

function plain(row: Row): Record<string, string | number | null> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, carried(value)]));
}

function carried(value: SQLOutputValue): string | number | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return String(value);
}
