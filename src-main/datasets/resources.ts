import { fileURLToPath } from 'node:url';

/** The `resources` folder beside the sources. */
export const RESOURCES = fileURLToPath(new URL('../../resources/', import.meta.url));
