import type { z } from 'zod';
import type { catalogueEntry } from '../catalogue.ts';

/** Catalogue entries of the generated datasets. */
export const GENERATED: readonly z.input<typeof catalogueEntry>[] = [];
