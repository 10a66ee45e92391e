/**
 * Costs that are counted: parameters over all networks of the final predictor, bytes of what the trial registered,
 * FLOPs of one answer. What older programs were told in their place stays in its row, which says that it was not
 * counted; it is shown as such.
 *
 * A NOT NULL cannot be taken from a column, so `costs` is rebuilt. Cells, which have one column more, are filled anew
 * by the same migration.
 */
export const sql = `
DROP TRIGGER cost_added;
CREATE TABLE new_costs (
  trial INTEGER PRIMARY KEY REFERENCES trials (row) ON DELETE CASCADE,
  -- 1: the three that may be null were counted; 0: two were told by the method, and the third is not there.
  counted INTEGER NOT NULL CHECK (counted IN (0, 1)),
  seconds REAL NOT NULL, steps REAL NOT NULL, flops REAL NOT NULL, examples REAL NOT NULL,
  forward_passes REAL NOT NULL, backward_passes REAL NOT NULL,
  bytes_stored REAL, parameters REAL, inference_flops REAL,
  peak_memory_bytes REAL NOT NULL, workers INTEGER NOT NULL
) STRICT;
INSERT INTO new_costs (trial, counted, seconds, steps, flops, examples, forward_passes, backward_passes, bytes_stored, parameters,
    peak_memory_bytes, workers)
  SELECT trial, 0, seconds, steps, flops, examples, forward_passes, backward_passes, bytes_stored, parameters,
    peak_memory_bytes, workers FROM costs ORDER BY trial;
DROP TABLE costs;
ALTER TABLE new_costs RENAME TO costs;
CREATE TRIGGER cost_added AFTER INSERT ON costs BEGIN
  UPDATE cells SET stale = 1 WHERE stale = 0 AND cell = (SELECT cell FROM trials WHERE row = NEW.trial AND state = 'done');
END;
`;
