import { COMBINING } from '../methods/ensembling/shared/strategies/combining.ts';
import { crossValidated } from '../methods/ensembling/shared/strategies/cross-validated.ts';
import { META } from '../methods/ensembling/shared/strategies/regularised-meta.ts';
import type { Strategy } from '../methods/ensembling/shared/strategies/strategy.ts';
import { CALIBRATING } from './calibrating.ts';

/** Every strategy of `touchstone ensemble`. */
export const STRATEGIES: readonly Strategy[] = [...COMBINING, META, crossValidated, ...CALIBRATING];
