/**
 * A suite as it is published, or its development variant: the same protocol on training rows alone, for tuning and for
 * finding faults. The variant has an id of its own, `<id>#dev`, and so its own hash, its own trials and its own boards.
 */
export type Variant = 'published' | 'dev';

const DEVELOPMENT = '#dev';

/** Which variant the suite of this id is. */
export const variantOf = (id: string): Variant => (id.endsWith(DEVELOPMENT) ? 'dev' : 'published');

/** The id of the suite that this one is a variant of; its own where it is the published one. */
export const publishedId = (id: string): string => (variantOf(id) === 'dev' ? id.slice(0, -DEVELOPMENT.length) : id);

/** The id of a variant of a suite, whichever of its variants `id` names. */
export const idOfVariant = (id: string, variant: Variant): string =>
  `${publishedId(id)}${variant === 'dev' ? DEVELOPMENT : ''}`;

/** Published suites as they are ordered, then the variants on which settings were tried. */
export const publishedFirst = (ids: readonly string[]): string[] =>
  [...ids].sort((a, b) => Number(variantOf(a) === 'dev') - Number(variantOf(b) === 'dev'));
