/**
 * Answers of other kinds than probabilities: scores, which only rank, stand with the probabilities and are marked;
 * predicted numbers have a table of their own. As with probabilities, arrays are files under blobs/ named by their
 * SHA-256, null after they were dropped.
 */
export const sql = `
ALTER TABLE probabilities ADD COLUMN scores INTEGER NOT NULL DEFAULT 0 CHECK (scores IN (0, 1));
CREATE TABLE predictions (
  trial INTEGER NOT NULL REFERENCES trials (row) ON DELETE CASCADE,
  split TEXT NOT NULL, width INTEGER NOT NULL, samples INTEGER NOT NULL,
  "values" TEXT, targets TEXT, deviations TEXT, tasks TEXT, names TEXT,
  PRIMARY KEY (trial, split)
) STRICT, WITHOUT ROWID;
`;
