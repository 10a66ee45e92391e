/** How far the members of an ensemble are apart. */

/**
 * Share of the pairs of members whose most probable class differs, mean over rows. Null with fewer than two members or
 * no rows.
 *
 * @param members what each says [rows × classes]; any monotone map of its probabilities
 */
export function disagreement(members: readonly ArrayLike<number>[], classes: number): number | null {
  const [first] = members;
  if (first === undefined || members.length < 2 || first.length === 0) return null;
  const rows = first.length / classes;
  const chosen = members.map((values) => mostProbable(values, classes));
  let apart = 0;
  for (let row = 0; row < rows; row += 1) {
    // Pairs that agree: of each class that was chosen, the pairs among those who chose it.
    const votes = new Map<number, number>();
    for (const of of chosen) votes.set(of[row] ?? 0, (votes.get(of[row] ?? 0) ?? 0) + 1);
    const agree = [...votes.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
    apart += 1 - agree / ((members.length * (members.length - 1)) / 2);
  }
  return apart / rows;
}

function mostProbable(values: ArrayLike<number>, classes: number): Int32Array {
  const best = new Int32Array(values.length / classes);
  for (let row = 0; row < best.length; row += 1) {
    let at = row * classes;
    for (let c = at + 1; c < (row + 1) * classes; c += 1) if ((values[c] ?? 0) > (values[at] ?? 0)) at = c;
    best[row] = at - row * classes;
  }
  return best;
}
