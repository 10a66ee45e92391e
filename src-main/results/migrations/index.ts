import { sql as initial } from './001-initial.ts';
import { sql as cells } from './002-cells.ts';
import { sql as forecasts } from './003-forecasts.ts';
import { sql as definitions } from './004-definitions.ts';
import { sql as provenance } from './005-provenance.ts';
import { sql as identity, identify } from './006-identity.ts';
import { sql as countedCosts } from './006-counted-costs.ts';
import { sql as artefacts } from './007-artefacts.ts';
import { sql as answers } from './007-answers.ts';
import type { Statements } from '../rows.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** What SQL cannot say, in the same transaction. */
  readonly after?: (database: Statements) => void;
  /**
   * Tables that hold nothing that does not follow from others, and are filled from them again: their rows may be fewer
   * or more.
   */
  readonly filledAnew?: readonly string[];
}

/**
 * Every schema change in order; the database's `user_version` is how many of them it has. Never edited once released.
 */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: 'initial', sql: initial },
  { version: 2, name: 'cells', sql: cells },
  { version: 3, name: 'forecasts', sql: forecasts },
  { version: 4, name: 'definitions', sql: definitions },
  { version: 5, name: 'provenance', sql: provenance },
  {
    version: 6,
    name: 'identity, counted costs',
    sql: identity + countedCosts,
    after: identify,
    filledAnew: ['cells'],
  },
  { version: 7, name: 'artefacts, kinds of answers', sql: artefacts + answers },
];
