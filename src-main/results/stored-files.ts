/** Files of a trial's answers, for SQL: trial, split, hash, bytes. */
export const ANSWER_FILES = `(
  SELECT trial, split, "values" AS hash, 4 * classes * samples AS bytes FROM probabilities WHERE "values" IS NOT NULL
  UNION ALL SELECT trial, split, labels, 4 * samples FROM probabilities WHERE labels IS NOT NULL
  UNION ALL SELECT trial, split, tasks, 4 * samples FROM probabilities WHERE tasks IS NOT NULL
  UNION ALL SELECT trial, split, "values", 4 * width * samples FROM predictions WHERE "values" IS NOT NULL
  UNION ALL SELECT trial, split, targets, 4 * width * samples FROM predictions WHERE targets IS NOT NULL
  UNION ALL SELECT trial, split, deviations, 4 * width * samples FROM predictions WHERE deviations IS NOT NULL
  UNION ALL SELECT trial, split, tasks, 4 * samples FROM predictions WHERE tasks IS NOT NULL
)`;

/** Every file that a trial holds, for SQL: trial, hash, bytes. */
export const STORED_FILES = `(
  SELECT trial, hash, bytes FROM ${ANSWER_FILES}
  UNION ALL SELECT trial, hash, bytes FROM artefacts
)`;
