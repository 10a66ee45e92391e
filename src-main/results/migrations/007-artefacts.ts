/**
 * A trial may leave several artefacts, each with a name and of a kind. What was stored before is the `model` of its
 * trial; `about` is null in its row, for it kept no network beside the numbers. Those who open artefacts say which.
 *
 * Cells have one column more, the fold of each trial, and are filled anew.
 */
export const sql = `
CREATE TABLE new_artefacts (
  trial INTEGER NOT NULL REFERENCES trials (row) ON DELETE CASCADE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('model', 'arrays', 'samples', 'bytes')),
  -- JSON: the network of a model, the kinds of answers; null in rows from before it was kept.
  about TEXT,
  hash TEXT NOT NULL, note TEXT NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (trial, name)
) STRICT, WITHOUT ROWID;
INSERT INTO new_artefacts (trial, name, kind, hash, note, bytes)
  SELECT trial, 'model', 'model', hash, note, bytes FROM artefacts ORDER BY trial;
DROP TABLE artefacts;
ALTER TABLE new_artefacts RENAME TO artefacts;

ALTER TABLE dependencies ADD COLUMN artefact TEXT NOT NULL DEFAULT 'model';

UPDATE cells SET stale = 1;
`;
