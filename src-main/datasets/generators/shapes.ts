import type { Stream } from '../../engine/random/streams.ts';
import { NOISE_VALUES, between, noiseTable } from './generator.ts';
import type { ImageGenerator, PixelSplit } from './generator.ts';

const SIDE = 32;
const VALUES = SIDE * SIDE * 3;

/** Signed distance to a shape of about unit size: negative inside. */
type Distance = (x: number, y: number) => number;

const disc = (x: number, y: number, radius: number): number => Math.sqrt(x * x + y * y) - radius;

function polygon(...corners: readonly (readonly [number, number])[]): Distance {
  return (x, y) => {
    let squared = Infinity;
    let inside = false;
    let [px, py] = corners[corners.length - 1] ?? [0, 0];
    for (const [cx, cy] of corners) {
      const ex = px - cx;
      const ey = py - cy;
      const wx = x - cx;
      const wy = y - cy;
      const t = Math.max(0, Math.min(1, (wx * ex + wy * ey) / (ex * ex + ey * ey)));
      squared = Math.min(squared, (wx - t * ex) ** 2 + (wy - t * ey) ** 2);
      if (cy > y !== py > y && x < cx + (ex * (y - cy)) / ey) inside = !inside;
      px = cx;
      py = cy;
    }
    return inside ? -Math.sqrt(squared) : Math.sqrt(squared);
  };
}

function regular(corners: number, inner = 1): Distance {
  const step = Math.PI / corners;
  return polygon(
    ...Array.from({ length: 2 * corners }, (_, i) => {
      const radius = i % 2 === 0 ? 1 : inner;
      return [radius * Math.sin(i * step), -radius * Math.cos(i * step)] as const;
    }),
  );
}

const SHAPES: readonly (readonly [name: string, distance: Distance])[] = [
  ['disc', (x, y) => disc(x, y, 0.85)],
  ['ring', (x, y) => Math.abs(disc(x, y, 0.7)) - 0.22],
  ['half disc', (x, y) => Math.max(disc(x, y - 0.3, 0.95), y - 0.3)],
  ['crescent', (x, y) => Math.max(disc(x, y, 0.95), -disc(x - 0.45, y, 0.75))],
  ['triangle', polygon([0, -1], [0.9, 0.7], [-0.9, 0.7])],
  ['square', polygon([-0.75, -0.75], [0.75, -0.75], [0.75, 0.75], [-0.75, 0.75])],
  ['star', regular(5, 0.42)],
  [
    'cross',
    polygon(
      [-0.3, -0.95],
      [0.3, -0.95],
      [0.3, -0.3],
      [0.95, -0.3],
      [0.95, 0.3],
      [0.3, 0.3],
      [0.3, 0.95],
      [-0.3, 0.95],
      [-0.3, 0.3],
      [-0.95, 0.3],
      [-0.95, -0.3],
      [-0.3, -0.3],
    ),
  ],
  ['arrow', polygon([0, -1], [0.8, -0.1], [0.28, -0.1], [0.28, 0.95], [-0.28, 0.95], [-0.28, -0.1], [-0.8, -0.1])],
  ['corner', polygon([-0.8, -0.9], [-0.2, -0.9], [-0.2, 0.3], [0.8, 0.3], [0.8, 0.9], [-0.8, 0.9])],
];

type Colour = readonly [red: number, green: number, blue: number];

/**
 * `rows` images [32 × 32 × 3], one filled shape each in random colour, place, size (7-12 pixels), rotation (±30°) and
 * slant, before a background that runs from one random colour to another, with a smaller stray disc in another colour
 * and pixel noise. Colours say nothing of the class.
 */
function split(rows: number, stream: Stream): PixelSplit {
  const noise = noiseTable(stream.child('noise'));
  // Clamped: assigning rounds and keeps to 0 … 255.
  const pixels = new Uint8ClampedArray(rows * VALUES);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const label = stream.integer(SHAPES.length);
    labels[row] = label;
    draw(label, pixels.subarray(row * VALUES, (row + 1) * VALUES), noise, stream);
  }
  return { pixels: new Uint8Array(pixels.buffer), labels };
}

function draw(label: number, out: Uint8ClampedArray, noise: Float32Array, stream: Stream): void {
  const distance = SHAPES[label]?.[1] ?? (() => 1);
  const front = colour(stream);
  const [from, to] = background(front, stream);
  const stray = colour(stream);
  const size = between(stream, 7, 12);
  const angle = between(stream, -Math.PI / 6, Math.PI / 6);
  const slant = between(stream, -0.25, 0.25);
  const centreX = 15.5 + between(stream, -4, 4);
  const centreY = 15.5 + between(stream, -4, 4);
  const strayX = between(stream, 0, SIDE);
  const strayY = between(stream, 0, SIDE);
  const strayRadius = between(stream, 1.5, 3.5);
  const direction = between(stream, 0, 2 * Math.PI);
  const grain = between(stream, 0.02, 0.12);
  const start = stream.integer(NOISE_VALUES);
  const cos = Math.cos(angle) / size;
  const sin = Math.sin(angle) / size;
  const runX = Math.cos(direction) / SIDE;
  const runY = Math.sin(direction) / SIDE;
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const u = cos * (x - centreX) + sin * (y - centreY);
      const v = -sin * (x - centreX) + cos * (y - centreY);
      // No shape reaches beyond a radius of 1.6, slanted or not, with its edge.
      const shape = u * u + v * v > 2.56 ? 0 : coverage(distance(u + slant * v, v) * size);
      const dot = coverage(disc(x - strayX, y - strayY, strayRadius));
      const run = Math.max(0, Math.min(1, 0.5 + runX * (x - 15.5) + runY * (y - 15.5)));
      const p = 3 * (y * SIDE + x);
      for (let c = 0; c < 3; c += 1) {
        const behind = (1 - run) * from[c] + run * to[c];
        const withShape = behind + shape * (front[c] - behind);
        const value = withShape + dot * (stray[c] - withShape);
        out[p + c] = 255 * (value + grain * noise[(start + p + c) & (NOISE_VALUES - 1)]);
      }
    }
  }
}

/** The share of a pixel that lies within a shape at this distance: an edge one pixel wide. */
function coverage(distance: number): number {
  return Math.max(0, Math.min(1, 0.5 - distance));
}

function colour(stream: Stream): Colour {
  return [stream.uniform(), stream.uniform(), stream.uniform()];
}

/** Two colours that differ from `front` by at least 0.35 in some channel, so that the shape can be seen. */
function background(front: Colour, stream: Stream): readonly [Colour, Colour] {
  const apart = (): Colour => {
    const candidate = colour(stream);
    const contrast = Math.max(...candidate.map((value, c) => Math.abs(value - front[c])));
    return contrast >= 0.35
      ? candidate
      : [1 - Math.round(front[0]), 1 - Math.round(front[1]), 1 - Math.round(front[2])];
  };
  return [apart(), apart()];
}

export const shapes: ImageGenerator = {
  draws: 'pixels',
  split,
  entry: {
    id: 'shapes-generated',
    title: 'Generated colour shapes',
    kind: 'image',
    origin: 'generated',
    rows: { train: 5_000, test: 1_000 },
    shape: [SIDE, SIDE, 3],
    classes: SHAPES.map(([name]) => name),
    licence: 'Apache-2.0 (made by Touchstone)',
    source: 'Filled shapes in random colours, places, sizes and rotations',
    citation: 'Touchstone, shapes-generated version 1',
    layout: { kind: 'generated', generator: 'shapes', version: 1, seed: 0 },
  },
};
