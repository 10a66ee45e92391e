/**
 * Ids of the methods that a claim's record is about, from its `method`: one for a value, two for an ordering, which reads
 * `ewc (lambda 200) > naive`, the better one first.
 */
export function methodsOfClaim(method: string): string[] {
  return method.split(' > ').map((side) => side.replace(/ \(.*\)$/, ''));
}

/** Is the record an ordering of two methods, so that its values are differences? */
export function isOrdering(method: string): boolean {
  return method.includes(' > ');
}
