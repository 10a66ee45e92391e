/**
 * By which definitions a trial's final metrics were computed: the version of every metric of the program that stored
 * them, as JSON. Null: stored before this was kept, when every definition was the first.
 */
export const sql = `
CREATE TABLE definitions (number INTEGER PRIMARY KEY, versions TEXT NOT NULL UNIQUE) STRICT;
ALTER TABLE trials ADD COLUMN definitions INTEGER REFERENCES definitions (number);
CREATE INDEX trials_by_definitions ON trials (definitions) WHERE state = 'done';
`;
