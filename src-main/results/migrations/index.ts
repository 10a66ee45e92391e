import { sql as initial } from './001-initial.ts';
import { sql as cells } from './002-cells.ts';
import { sql as forecasts } from './003-forecasts.ts';
import { sql as definitions } from './004-definitions.ts';

/** Every schema change in order; the database's `user_version` is how many of them it has. Never edited once released. */
export const MIGRATIONS: readonly { readonly version: number; readonly name: string; readonly sql: string }[] = [
  { version: 1, name: 'initial', sql: initial },
  { version: 2, name: 'cells', sql: cells },
  { version: 3, name: 'forecasts', sql: forecasts },
  { version: 4, name: 'definitions', sql: definitions },
];
