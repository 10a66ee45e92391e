import type { Stream } from '../../engine/random/streams.ts';
import { NOISE_VALUES, between, noiseTable } from './generator.ts';
import type { ImageGenerator, PixelSplit } from './generator.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;

type Point = readonly [x: number, y: number];
/** A stroke goes through its points as a Catmull-Rom spline, or straight when `straight`. */
interface Stroke {
  readonly points: readonly Point[];
  readonly straight?: boolean;
}
type Glyph = readonly Stroke[];

const line = (...points: Point[]): Stroke => ({ points, straight: true });
const curve = (...points: Point[]): Stroke => ({ points });

/** Two or three ways of writing each digit, in a box of -1 … 1, y downwards. */
const GLYPHS: readonly (readonly Glyph[])[] = [
  [
    [curve([0, -0.95], [-0.6, -0.5], [-0.65, 0.3], [0, 0.95], [0.65, 0.3], [0.6, -0.5], [0, -0.95])],
    [curve([0.25, -0.9], [-0.45, -0.6], [-0.5, 0.4], [0.05, 0.9], [0.5, 0.2], [0.4, -0.6], [0.1, -0.95])],
  ],
  [
    [line([0, -0.95], [0, 0.95])],
    [line([-0.35, -0.55], [0.1, -0.95], [0.1, 0.95])],
    [line([-0.35, -0.5], [0.05, -0.95], [0.05, 0.9]), line([-0.4, 0.9], [0.5, 0.9])],
  ],
  [
    [curve([-0.6, -0.5], [-0.1, -0.95], [0.55, -0.5], [0.1, 0.25], [-0.6, 0.9]), line([-0.6, 0.9], [0.65, 0.85])],
    [
      curve(
        [-0.55, -0.6],
        [0.1, -0.95],
        [0.5, -0.4],
        [-0.2, 0.6],
        [-0.6, 0.75],
        [-0.3, 0.5],
        [0.1, 0.85],
        [0.65, 0.75],
      ),
    ],
  ],
  [
    [
      curve([-0.55, -0.75], [0.1, -0.95], [0.5, -0.5], [-0.1, -0.05]),
      curve([-0.1, -0.05], [0.6, 0.3], [0.2, 0.95], [-0.6, 0.75]),
    ],
    [line([-0.55, -0.9], [0.5, -0.9], [-0.05, -0.15]), curve([-0.05, -0.15], [0.55, 0.15], [0.3, 0.9], [-0.55, 0.75])],
  ],
  [
    [line([-0.1, -0.95], [-0.6, 0.25], [0.65, 0.25]), line([0.3, -0.4], [0.3, 0.95])],
    [line([-0.5, -0.9], [-0.5, 0.1], [0.5, 0.1]), line([0.45, -0.95], [0.45, 0.95])],
    [line([0.35, 0.95], [0.35, -0.95], [-0.6, 0.3], [0.65, 0.3])],
  ],
  [
    [
      line([0.55, -0.9], [-0.4, -0.9], [-0.45, -0.1]),
      curve([-0.45, -0.1], [0.2, -0.25], [0.6, 0.3], [0.15, 0.9], [-0.55, 0.7]),
    ],
    [curve([0.5, -0.9], [-0.35, -0.8], [-0.4, -0.15], [0.35, 0], [0.5, 0.5], [0, 0.95], [-0.55, 0.8])],
  ],
  [
    [curve([0.4, -0.9], [-0.3, -0.45], [-0.55, 0.35], [-0.05, 0.95], [0.5, 0.5], [0.1, 0.05], [-0.5, 0.4])],
    [curve([0.1, -0.95], [-0.4, -0.1], [-0.45, 0.6], [0.1, 0.9], [0.45, 0.45], [0, 0.15], [-0.4, 0.5])],
  ],
  [
    [line([-0.6, -0.85], [0.6, -0.85], [-0.1, 0.95])],
    [line([-0.6, -0.6], [-0.55, -0.9], [0.55, -0.85], [0, 0.9]), line([-0.3, 0.05], [0.45, 0.05])],
    [curve([-0.6, -0.8], [0.1, -0.9], [0.55, -0.8], [0.15, 0.1], [0, 0.95])],
  ],
  [
    [
      curve(
        [0.05, -0.05],
        [-0.5, -0.5],
        [0, -0.95],
        [0.5, -0.5],
        [0, -0.05],
        [-0.55, 0.45],
        [0, 0.95],
        [0.55, 0.45],
        [0.05, -0.05],
      ),
    ],
    [
      curve(
        [0.45, -0.7],
        [-0.1, -0.95],
        [-0.4, -0.5],
        [0.4, 0.35],
        [0.1, 0.95],
        [-0.45, 0.55],
        [0.1, -0.1],
        [0.5, -0.75],
      ),
    ],
  ],
  [
    [curve([0.5, -0.5], [0, -0.95], [-0.5, -0.5], [0, -0.1], [0.5, -0.5]), line([0.5, -0.5], [0.35, 0.95])],
    [curve([0.45, -0.55], [-0.1, -0.9], [-0.45, -0.4], [0.05, -0.1], [0.45, -0.55], [0.45, 0.3], [-0.3, 0.95])],
  ],
];

const SAMPLES_PER_PIECE = 5;
/** Elastic distortion: displacements on a 4 × 4 grid, bilinear in between. */
const GRID = 4;

/**
 * `rows` images [28 × 28] of digits drawn from strokes. Of each: a writing style with jittered points; a random affine
 * map (rotation ±20°, scale 0.75-1.1 in each direction, shear ±0.3, shift ±2.5 pixels); an elastic distortion (smooth
 * random displacements up to about two pixels, applied to the strokes); a pen of 0.9-2.1 pixels; a stray stroke in one
 * image out of four; pixel noise and a random contrast.
 */
function split(rows: number, stream: Stream): PixelSplit {
  const noise = noiseTable(stream.child('noise'));
  // Clamped: assigning rounds and keeps to 0 … 255.
  const pixels = new Uint8ClampedArray(rows * PIXELS);
  const labels = new Uint8Array(rows);
  const ink = new Float32Array(PIXELS);
  for (let row = 0; row < rows; row += 1) {
    const label = stream.integer(GLYPHS.length);
    labels[row] = label;
    ink.fill(0);
    draw(label, ink, stream);
    const contrast = between(stream, 0.55, 1);
    const grain = between(stream, 0.02, 0.16);
    const start = stream.integer(NOISE_VALUES);
    for (let p = 0; p < PIXELS; p += 1)
      pixels[row * PIXELS + p] = 255 * (contrast * ink[p] + grain * noise[(start + p) & (NOISE_VALUES - 1)]);
  }
  return { pixels: new Uint8Array(pixels.buffer), labels };
}

function draw(label: number, ink: Float32Array, stream: Stream): void {
  const styles = GLYPHS[label] ?? [];
  const glyph = styles[stream.integer(styles.length)] ?? [];
  const map = pageMap(stream);
  const radius = between(stream, 0.9, 2.1) / 2 + 0.25;
  for (const { points, straight } of glyph) {
    const jittered = points.map(([x, y]): Point => [x + 0.07 * stream.normal(), y + 0.07 * stream.normal()]);
    drawPath(straight === true ? polyline(jittered) : spline(jittered), map, radius, ink);
  }
  if (stream.uniform() < 0.25) {
    const x = between(stream, -1.2, 1.2);
    const y = between(stream, -1.2, 1.2);
    drawPath(
      polyline([
        [x, y],
        [x + between(stream, -0.5, 0.5), y + between(stream, -0.5, 0.5)],
      ]),
      map,
      radius * 0.8,
      ink,
    );
  }
}

/** From the glyph's box to pixels: affine, then elastic. */
function pageMap(stream: Stream): (point: Point) => Point {
  const angle = (between(stream, -20, 20) * Math.PI) / 180;
  const width = 9.5 * between(stream, 0.75, 1.1);
  const height = 10 * between(stream, 0.75, 1.1);
  const shear = between(stream, -0.3, 0.3);
  const centreX = 13.5 + between(stream, -2.5, 2.5);
  const centreY = 13.5 + between(stream, -2.5, 2.5);
  const strength = between(stream, 0.3, 1.3);
  const shifts = Float32Array.from({ length: 2 * GRID * GRID }, () => strength * stream.normal());
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return ([x, y]) => {
    const u = width * (x + shear * y);
    const v = height * y;
    const px = centreX + cos * u - sin * v;
    const py = centreY + sin * u + cos * v;
    return [px + displacement(shifts, 0, px, py), py + displacement(shifts, 1, px, py)];
  };
}

function displacement(shifts: Float32Array, axis: number, x: number, y: number): number {
  const gx = Math.max(0, Math.min(GRID - 1.001, (x / (SIDE - 1)) * (GRID - 1)));
  const gy = Math.max(0, Math.min(GRID - 1.001, (y / (SIDE - 1)) * (GRID - 1)));
  const i = Math.floor(gy);
  const j = Math.floor(gx);
  const at = (di: number, dj: number): number => shifts[2 * ((i + di) * GRID + j + dj) + axis];
  const fx = gx - j;
  const fy = gy - i;
  return (1 - fy) * ((1 - fx) * at(0, 0) + fx * at(0, 1)) + fy * ((1 - fx) * at(1, 0) + fx * at(1, 1));
}

function polyline(points: readonly Point[]): Point[] {
  return points.flatMap((b, i): Point[] => {
    const a = points[i - 1];
    if (a === undefined) return [b];
    return Array.from({ length: SAMPLES_PER_PIECE }, (_, k): Point => {
      const t = (k + 1) / SAMPLES_PER_PIECE;
      return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
    });
  });
}

/** Catmull-Rom through the points, ends repeated. */
function spline(points: readonly Point[]): Point[] {
  const first = points[0];
  if (first === undefined) return [];
  const out: Point[] = [first];
  for (let i = 0; i + 1 < points.length; i += 1) {
    const b = points[i] ?? first;
    const c = points[i + 1] ?? b;
    const a = points[i - 1] ?? b;
    const d = points[i + 2] ?? c;
    for (let k = 1; k <= SAMPLES_PER_PIECE; k += 1) {
      const t = k / SAMPLES_PER_PIECE;
      out.push([catmullRom(a[0], b[0], c[0], d[0], t), catmullRom(a[1], b[1], c[1], d[1], t)]);
    }
  }
  return out;
}

function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
}

/** Inks every pixel within the pen's radius of the path; only pixels in the box of each segment are looked at. */
function drawPath(path: readonly Point[], map: (point: Point) => Point, radius: number, ink: Float32Array): void {
  const reach = radius + 1;
  let from = path[0] === undefined ? undefined : map(path[0]);
  for (const point of path.slice(1)) {
    if (from === undefined) return;
    const to = map(point);
    const [ax, ay] = from;
    const [bx, by] = to;
    const dx = bx - ax;
    const dy = by - ay;
    const squared = dx * dx + dy * dy;
    const bottom = Math.min(SIDE - 1, Math.ceil(Math.max(ay, by) + reach));
    const right = Math.min(SIDE - 1, Math.ceil(Math.max(ax, bx) + reach));
    for (let y = Math.max(0, Math.floor(Math.min(ay, by) - reach)); y <= bottom; y += 1) {
      for (let x = Math.max(0, Math.floor(Math.min(ax, bx) - reach)); x <= right; x += 1) {
        const t = squared === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / squared));
        const ex = x - ax - t * dx;
        const ey = y - ay - t * dy;
        // A soft edge one pixel wide.
        const value = Math.max(0, Math.min(1, radius + 0.5 - Math.sqrt(ex * ex + ey * ey)));
        const p = y * SIDE + x;
        if (value > ink[p]) ink[p] = value;
      }
    }
    from = to;
  }
}

export const digits: ImageGenerator = {
  draws: 'pixels',
  split,
  entry: {
    id: 'digits-generated',
    title: 'Generated digits',
    kind: 'image',
    origin: 'generated',
    rows: { train: 10_000, test: 2_000 },
    shape: [SIDE, SIDE, 1],
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    licence: 'Apache-2.0 (made by Touchstone)',
    source: 'Drawn from strokes with random affine and elastic distortion',
    citation: 'Touchstone, digits-generated version 1',
    layout: { kind: 'generated', generator: 'digits', version: 1, seed: 0 },
  },
};
