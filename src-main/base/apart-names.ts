/**
 * Names of files by which people tell them apart: `shorten` of the last part of each path, with as many folders before
 * it as it takes. A file that stands there twice has one name.
 */
export function apartNames(paths: readonly string[], shorten = (name: string): string => name): string[] {
  const parts = paths.map((path) => path.split(/[\\/]/));
  const deepest = Math.max(0, ...parts.map(({ length }) => length));
  const named = (part: readonly string[], depth: number): string =>
    [...part.slice(-depth, -1), shorten(part.at(-1) ?? '')].join('/');
  return parts.map((part, i) => {
    for (let depth = 1; depth <= deepest; depth += 1) {
      const name = named(part, depth);
      if (parts.every((other, j) => paths[j] === paths[i] || named(other, depth) !== name)) return name;
    }
    return named(part, 1);
  });
}
