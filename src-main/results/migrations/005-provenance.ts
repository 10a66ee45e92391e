/**
 * What else a trial can come to (its training diverged; its method does not fit after all), what it was computed from
 * (the hash of every dataset, of its own files), where it came from when not computed here, and checksums that tell a
 * damaged row from a stored one. A study may be still planned.
 *
 * A CHECK cannot be changed in place, so `trials` and `studies` are rebuilt. Triggers go first and come back at the
 * end: renaming a table fails while one of them names a table that is away.
 */
export const sql = `
DROP TRIGGER trial_added;
DROP TRIGGER trial_ended;
DROP TRIGGER trial_deleted;
DROP TRIGGER metric_added;
DROP TRIGGER metric_changed;
DROP TRIGGER metric_deleted;
DROP TRIGGER cost_added;

CREATE TABLE new_trials (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  suite TEXT NOT NULL, suite_version INTEGER NOT NULL, protocol_hash TEXT NOT NULL, data_hash TEXT NOT NULL,
  method TEXT NOT NULL, method_version INTEGER NOT NULL,
  configuration TEXT NOT NULL, hyper_parameters TEXT NOT NULL,
  seed INTEGER NOT NULL, backend TEXT NOT NULL, numerics TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('queued', 'waiting', 'running', 'paused', 'done', 'failed', 'cancelled', 'diverged', 'not-possible')),
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL, started_at REAL, finished_at REAL,
  progress TEXT, failure TEXT,
  headline REAL, seconds REAL,
  cell INTEGER REFERENCES cells (cell),
  definitions INTEGER REFERENCES definitions (number),
  -- The SHA-256 of each dataset as a JSON list, in the suite's order; null in rows from before, which know the hash over the list alone.
  data_hashes TEXT,
  -- Hash of the files of an own method or suite; null where both are built in.
  source_hash TEXT,
  -- JSON: where it was imported from; null: computed here.
  origin TEXT,
  -- 1: computed here, or imported and recomputed; 0: nobody has checked it.
  checked INTEGER NOT NULL DEFAULT 1 CHECK (checked IN (0, 1)),
  -- Over all that it measured, in canonical form; null: finished before checksums were kept.
  checksum TEXT
) STRICT;
INSERT INTO new_trials (row, id, suite, suite_version, protocol_hash, data_hash, method, method_version, configuration,
    hyper_parameters, seed, backend, numerics, state, attempts, created_at, started_at, finished_at, progress, failure, headline,
    seconds, cell, definitions)
  SELECT row, id, suite, suite_version, protocol_hash, data_hash, method, method_version, configuration,
    hyper_parameters, seed, backend, numerics, state, attempts, created_at, started_at, finished_at, progress, failure, headline,
    seconds, cell, definitions FROM trials ORDER BY row;
DROP TABLE trials;
ALTER TABLE new_trials RENAME TO trials;
CREATE INDEX trials_by_cell ON trials (suite, configuration, backend, seed, state);
CREATE INDEX trials_by_state ON trials (state);
CREATE INDEX trials_for_estimates ON trials (suite, method, backend, seconds) WHERE state = 'done';
CREATE INDEX trials_by_place ON trials (cell, state);
CREATE INDEX trials_by_definitions ON trials (definitions) WHERE state = 'done';

CREATE TABLE new_studies (
  id TEXT PRIMARY KEY, name TEXT NOT NULL,
  intent TEXT NOT NULL CHECK (intent IN ('plan', 'run', 'pause', 'cancel')),
  request TEXT NOT NULL, backend TEXT NOT NULL, created_at REAL NOT NULL, finished_at REAL,
  -- JSON: where it was imported from; null: asked for here.
  origin TEXT
) STRICT;
INSERT INTO new_studies (id, name, intent, request, backend, created_at, finished_at)
  SELECT id, name, intent, request, backend, created_at, finished_at FROM studies ORDER BY rowid;
DROP TABLE studies;
ALTER TABLE new_studies RENAME TO studies;

-- Over the ids, metrics and columns; null: filled before checksums were kept.
ALTER TABLE cells ADD COLUMN checksum TEXT;

CREATE TRIGGER trial_added AFTER INSERT ON trials BEGIN
  INSERT OR IGNORE INTO cells (suite, configuration, backend, protocol_hash, method, hyper_parameters)
    VALUES (NEW.suite, NEW.configuration, NEW.backend, NEW.protocol_hash, NEW.method, NEW.hyper_parameters);
  UPDATE trials SET cell = (SELECT cell FROM cells WHERE suite = NEW.suite AND configuration = NEW.configuration
    AND backend = NEW.backend AND protocol_hash = NEW.protocol_hash) WHERE row = NEW.row;
  UPDATE cells SET stale = 1 WHERE NEW.state = 'done' AND cell = (SELECT cell FROM trials WHERE row = NEW.row);
END;
CREATE TRIGGER trial_ended AFTER UPDATE OF state ON trials WHEN (NEW.state = 'done') <> (OLD.state = 'done') BEGIN
  UPDATE cells SET stale = 1 WHERE cell = NEW.cell;
END;
CREATE TRIGGER trial_deleted AFTER DELETE ON trials BEGIN
  UPDATE cells SET stale = 1 WHERE cell = OLD.cell;
END;
CREATE TRIGGER metric_added AFTER INSERT ON metrics BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = NEW.trial AND state = 'done');
END;
CREATE TRIGGER metric_changed AFTER UPDATE ON metrics BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = NEW.trial AND state = 'done');
END;
CREATE TRIGGER metric_deleted AFTER DELETE ON metrics BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = OLD.trial AND state = 'done');
END;
CREATE TRIGGER cost_added AFTER INSERT ON costs BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = NEW.trial AND state = 'done');
END;
`;
