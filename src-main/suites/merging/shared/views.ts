/** Images of 28 × 28 grey values, row-major, and ways of looking at them that make other tasks of the same data. */

export const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * Images as grey ones of 28 × 28: the middle is cut out, colours become their luma; smaller grey ones are enlarged.
 * Throws where neither can be.
 */
export function greyImages(x: Float32Array, shape: readonly number[]): Float32Array {
  const [height, width, channels = 1] = shape;
  if (height === SIDE && width === SIDE && channels === 1) return Float32Array.from(x);
  if (height < SIDE && width < SIDE && channels === 1) return enlarged(x, height, width);
  if (height < SIDE || width < SIDE || (channels !== 1 && channels !== 3))
    throw new Error(`Images of ${shape.join(' × ')} cannot be cut to ${SIDE} × ${SIDE} grey values.`);
  const size = height * width * channels;
  const [top, left] = [Math.floor((height - SIDE) / 2), Math.floor((width - SIDE) / 2)];
  const out = new Float32Array((x.length / size) * PIXELS);
  for (let image = 0; image * size < x.length; image += 1)
    for (let pixel = 0; pixel < PIXELS; pixel += 1) {
      const from = image * size + ((top + Math.floor(pixel / SIDE)) * width + left + (pixel % SIDE)) * channels;
      out[image * PIXELS + pixel] =
        channels === 1 ? x[from] : LUMA[0] * x[from] + LUMA[1] * x[from + 1] + LUMA[2] * x[from + 2];
    }
  return out;
}

/** Grey images drawn larger: bilinear between the middles of their pixels, at the edge as there. */
function enlarged(x: Float32Array, height: number, width: number): Float32Array {
  const places = (size: number) =>
    Array.from({ length: SIDE }, (_, at) => {
      const place = Math.min(size - 1, Math.max(0, ((at + 0.5) * size) / SIDE - 0.5));
      const low = Math.floor(place);
      return { low, high: Math.min(size - 1, low + 1), share: place - low };
    });
  const [rows, columns] = [places(height), places(width)];
  const out = new Float32Array((x.length / (height * width)) * PIXELS);
  for (let image = 0; image * PIXELS < out.length; image += 1) {
    const from = image * height * width;
    rows.forEach(({ low, high, share }, row) => {
      columns.forEach((column, place) => {
        const line = (y: number): number =>
          (1 - column.share) * x[from + y * width + column.low] + column.share * x[from + y * width + column.high];
        out[image * PIXELS + row * SIDE + place] = (1 - share) * line(low) + share * line(high);
      });
    });
  }
  return out;
}

/** Every image with its pixel at (row, column) taken from the place that `from` names. */
const moved =
  (from: (row: number, column: number) => number) =>
  (images: Float32Array): Float32Array =>
    images.map((_, at) => {
      const pixel = at % PIXELS;
      return images[at - pixel + from(Math.floor(pixel / SIDE), pixel % SIDE)];
    });

const LAST = SIDE - 1;

export const VIEWS = {
  /** Turned by 90°, anticlockwise. */
  turned: moved((row, column) => column * SIDE + LAST - row),
  /** Turned by 180°. */
  'upside-down': moved((row, column) => (LAST - row) * SIDE + LAST - column),
  /** Transposed, then flipped from left to right: turned by 90°, clockwise. */
  'turned-back': moved((row, column) => (LAST - column) * SIDE + row),
  /** Transposed, then flipped upside down and from left to right: mirrored at the other diagonal. */
  mirrored: moved((row, column) => (LAST - column) * SIDE + LAST - row),
} as const;
export type View = keyof typeof VIEWS;
