/**
 * Names for where there is little room: of each the longest end or middle that must go is left out, but never so that
 * two look alike. DER++ that is cut to DER would be another method.
 */
export function shortNames(names: readonly string[], most: number): readonly string[] {
  const cut = names.map((name) => shortened(name, most));
  const places = new Map<string, Set<string>>();
  cut.forEach((text, i) => {
    const known = places.get(text);
    const name = names[i] ?? text;
    if (known === undefined) places.set(text, new Set([name]));
    else known.add(name);
  });
  return cut.map((text, i) => ((places.get(text)?.size ?? 0) > 1 ? (names[i] ?? text) : text));
}

/** The beginning and the end, which is where configurations of one method differ, with the gap marked. */
function shortened(name: string, most: number): string {
  const letters = [...name];
  if (letters.length <= most) return name;
  const end = Math.floor((most - 1) / 2);
  return `${letters.slice(0, most - 1 - end).join('')}…${letters.slice(letters.length - end).join('')}`;
}
