/** Where a tensor's layer stands, counted from the input. */
export interface Depth {
  readonly layer: number;
  readonly layers: number;
}

/**
 * The depth of every tensor by its name: the first number in it (`model.layers.12.mlp.weight`) is the layer's, and what
 * has none (embeddings, heads) counts as the first. Where no name has a number, layers are the names without their last
 * part, in the order given.
 */
export function depthsOf(names: readonly string[]): (name: string) => Depth {
  const numbers = names.map(numberOf);
  const isNumbered = numbers.some((number) => number !== null);
  const blocks: readonly (number | string)[] = isNumbered
    ? [...new Set(numbers.flatMap((number) => number ?? []))].sort((a, b) => a - b)
    : [...new Set(names.map(ownerOf))];
  const place = new Map(blocks.map((block, index) => [block, index]));
  return (name) => {
    const number = numberOf(name);
    const block = isNumbered ? number : ownerOf(name);
    return { layer: block === null ? 0 : (place.get(block) ?? 0), layers: Math.max(blocks.length, 1) };
  };
}

function numberOf(name: string): number | null {
  const [, digits] = /(?:^|[./])(\d{1,6})(?:[./]|$)/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

const ownerOf = (name: string): string => name.replace(/[./]?[^./]*$/, '');
