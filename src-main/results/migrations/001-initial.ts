/** The first schema. Trials have a short integer key inside; `id` is their content address. */
export const sql = `
CREATE TABLE trials (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  suite TEXT NOT NULL, suite_version INTEGER NOT NULL, protocol_hash TEXT NOT NULL, data_hash TEXT NOT NULL,
  method TEXT NOT NULL, method_version INTEGER NOT NULL,
  configuration TEXT NOT NULL, hyper_parameters TEXT NOT NULL,
  seed INTEGER NOT NULL, backend TEXT NOT NULL, numerics TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'waiting', 'running', 'paused', 'done', 'failed', 'cancelled')),
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL, started_at REAL, finished_at REAL,
  progress TEXT, failure TEXT,
  headline REAL, seconds REAL
) STRICT;
CREATE INDEX trials_by_cell ON trials (suite, configuration, backend, seed, state);
CREATE INDEX trials_by_state ON trials (state);
CREATE INDEX trials_for_estimates ON trials (suite, method, backend, seconds) WHERE state = 'done';

CREATE TABLE studies (
  id TEXT PRIMARY KEY, name TEXT NOT NULL,
  intent TEXT NOT NULL CHECK (intent IN ('run', 'pause', 'cancel')),
  request TEXT NOT NULL, backend TEXT NOT NULL, created_at REAL NOT NULL, finished_at REAL
) STRICT;
CREATE TABLE study_trials (
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  trial INTEGER NOT NULL REFERENCES trials (row) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('cell', 'artefact')), label TEXT NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (study, trial)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_trials_by_trial ON study_trials (trial);

CREATE TABLE dependencies (
  trial INTEGER NOT NULL REFERENCES trials (row) ON DELETE CASCADE,
  name TEXT NOT NULL,
  needs INTEGER NOT NULL REFERENCES trials (row),
  PRIMARY KEY (trial, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependencies_by_needs ON dependencies (needs);

-- step -1 is the end of the trial.
CREATE TABLE metrics (
  trial INTEGER NOT NULL REFERENCES trials (row) ON DELETE CASCADE,
  metric TEXT NOT NULL, split TEXT NOT NULL, step INTEGER NOT NULL, value REAL,
  PRIMARY KEY (trial, metric, split, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE primitives (
  trial INTEGER PRIMARY KEY REFERENCES trials (row) ON DELETE CASCADE,
  matrices TEXT NOT NULL, curves TEXT NOT NULL, scalars TEXT NOT NULL, notes TEXT NOT NULL
) STRICT;
-- Arrays are files under blobs/ named by their SHA-256; null after they were dropped by the retention setting.
CREATE TABLE probabilities (
  trial INTEGER NOT NULL REFERENCES trials (row) ON DELETE CASCADE,
  split TEXT NOT NULL, classes INTEGER NOT NULL, samples INTEGER NOT NULL,
  "values" TEXT, labels TEXT, tasks TEXT, class_names TEXT,
  PRIMARY KEY (trial, split)
) STRICT, WITHOUT ROWID;
CREATE TABLE artefacts (
  trial INTEGER PRIMARY KEY REFERENCES trials (row) ON DELETE CASCADE,
  hash TEXT NOT NULL, note TEXT NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE costs (
  trial INTEGER PRIMARY KEY REFERENCES trials (row) ON DELETE CASCADE,
  seconds REAL NOT NULL, steps REAL NOT NULL, flops REAL NOT NULL, examples REAL NOT NULL, forward_passes REAL NOT NULL, backward_passes REAL NOT NULL,
  bytes_stored REAL NOT NULL, parameters REAL NOT NULL, peak_memory_bytes REAL NOT NULL, workers INTEGER NOT NULL
) STRICT;
CREATE TABLE environments (
  trial INTEGER PRIMARY KEY REFERENCES trials (row) ON DELETE CASCADE, environment TEXT NOT NULL
) STRICT;
CREATE TABLE logs (
  row INTEGER PRIMARY KEY,
  trial INTEGER REFERENCES trials (row) ON DELETE CASCADE,
  at REAL NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL
) STRICT;
CREATE INDEX logs_by_trial ON logs (trial, at);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;
