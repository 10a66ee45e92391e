/** `layers.2` before `layers.10`: numbers within texts by what they count. */
export function byNumbersIn(a: string, b: string): number {
  const [first, second] = [padded(a), padded(b)];
  return first === second ? 0 : first < second ? -1 : 1;
}

const padded = (text: string): string => text.replace(/\d+/g, (digits) => digits.padStart(8, '0'));
