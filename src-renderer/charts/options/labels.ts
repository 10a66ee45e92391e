/** Names beside points, where there is room for them: no two overlap, and none hides a point. */

export interface Labelled {
  readonly key: string;
  /** The point, in pixels. */
  readonly x: number;
  readonly y: number;
  /** Of its mark. */
  readonly radius: number;
  readonly width: number;
  readonly height: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface PlacedLabel extends Box {
  readonly key: string;
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const inside = (box: Box, area: Box): boolean =>
  box.left >= area.left && box.right <= area.right && box.top >= area.top && box.bottom <= area.bottom;

/** Where a name may stand: over its point, under it, to its right, to its left, then at the corners. */
const SIDES: readonly (readonly [across: -1 | 0 | 1, down: -1 | 0 | 1])[] = [
  [0, -1],
  [0, 1],
  [1, 0],
  [-1, 0],
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
];

function boxAt({ x, y, radius, width, height }: Labelled, [across, down]: (typeof SIDES)[number]): Box {
  // At a corner the name touches the mark's circle, not its square.
  const gap = across !== 0 && down !== 0 ? radius * 0.7 : radius + 2;
  const left = x - width / 2 + across * (width / 2 + gap);
  const top = y - height / 2 + down * (height / 2 + gap);
  return { left, top, right: left + width, bottom: top + height };
}

/**
 * The names that have room, in the order of their importance: who comes first has its place first; who finds none has
 * no name. Lines and bars (`others`) are kept free as far as another side can be had.
 */
export function placeLabels(
  points: readonly Labelled[],
  area: Box,
  others: readonly Box[] = [],
): readonly PlacedLabel[] {
  const marks = points.map(({ x, y, radius }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  }));
  const placed: PlacedLabel[] = [];
  points.forEach((point, index) => {
    const possible = SIDES.map((side) => boxAt(point, side)).filter(
      (box) =>
        inside(box, area) &&
        placed.every((other) => !overlap(box, other)) &&
        marks.every((mark, other) => other === index || !overlap(box, mark)),
    );
    const free = possible.find((box) => others.every((other) => !overlap(box, other))) ?? possible[0];
    if (free !== undefined) placed.push({ ...free, key: point.key });
  });
  return placed;
}
