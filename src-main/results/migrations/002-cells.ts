/**
 * A table of cells: all finished trials of one configuration on one suite, protocol and backend in one row, by columns,
 * so that a leaderboard over 100,000 trials reads 10,000 rows and not a million. Triggers say which rows no longer hold
 * what the trials' own tables say; `cells.ts` fills those again. Nothing else is stored only here.
 */
export const sql = `
CREATE TABLE cells (
  cell INTEGER PRIMARY KEY,
  suite TEXT NOT NULL, configuration TEXT NOT NULL, backend TEXT NOT NULL, protocol_hash TEXT NOT NULL,
  method TEXT NOT NULL, hyper_parameters TEXT NOT NULL,
  stale INTEGER NOT NULL DEFAULT 0,
  -- Finished trials; their ids with blanks between; the names of their metrics as JSON; order, seeds, metrics and costs as float64 columns.
  trials INTEGER NOT NULL DEFAULT 0, ids TEXT NOT NULL DEFAULT '', metrics TEXT NOT NULL DEFAULT '[]', "columns" BLOB NOT NULL DEFAULT x'',
  UNIQUE (suite, configuration, backend, protocol_hash)
) STRICT;
CREATE INDEX cells_stale ON cells (cell) WHERE stale = 1;
ALTER TABLE trials ADD COLUMN cell INTEGER REFERENCES cells (cell);
CREATE INDEX trials_by_place ON trials (cell, state);

INSERT INTO cells (suite, configuration, backend, protocol_hash, method, hyper_parameters, stale)
  SELECT suite, configuration, backend, protocol_hash, method, hyper_parameters, 1 FROM trials GROUP BY suite, configuration, backend, protocol_hash ORDER BY min(row);
UPDATE trials SET cell = (SELECT c.cell FROM cells c WHERE c.suite = trials.suite AND c.configuration = trials.configuration AND c.backend = trials.backend AND c.protocol_hash = trials.protocol_hash);

CREATE TRIGGER trial_added AFTER INSERT ON trials BEGIN
  INSERT OR IGNORE INTO cells (suite, configuration, backend, protocol_hash, method, hyper_parameters) VALUES (NEW.suite, NEW.configuration, NEW.backend, NEW.protocol_hash, NEW.method, NEW.hyper_parameters);
  UPDATE trials SET cell = (SELECT cell FROM cells WHERE suite = NEW.suite AND configuration = NEW.configuration AND backend = NEW.backend AND protocol_hash = NEW.protocol_hash) WHERE row = NEW.row;
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
