/**
 * What a study's time left was said to be when it began and when half of it was done, and how long it then took: so
 * that the estimates' error is known.
 */
export const sql = `
CREATE TABLE forecasts (
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  mark TEXT NOT NULL CHECK (mark IN ('start', 'half')),
  -- Milliseconds since 1970; trials that were open then; seconds predicted, and seconds that it took (null until the study has ended).
  made_at REAL NOT NULL, open INTEGER NOT NULL, predicted REAL NOT NULL, actual REAL,
  PRIMARY KEY (study, mark)
) STRICT, WITHOUT ROWID;
`;
