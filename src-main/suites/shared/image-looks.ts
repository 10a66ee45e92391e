import type { Stream } from '../../engine/random/streams.ts';

/** Images as other ones: turned, blurred, noisy, of less contrast, of another shape. */

/** Height, width and channels; an image is row-major with its channels innermost. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Writes the look of one image to `out`, which is another array of its size. */
export type ImageLook = (image: Float32Array, out: Float32Array, stream: Stream) => void;

/** Turned about the middle, anticlockwise, with what lies between pixels interpolated and zeros from outside. */
export function turned(degrees: number, [height, width, channels]: ImageShape): ImageLook {
  const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
  return (image, out) => {
    const at = (row: number, column: number, channel: number): number =>
      row < 0 || column < 0 || row >= height || column >= width
        ? 0
        : image[(row * width + column) * channels + channel];
    for (let pixel = 0; pixel < height * width; pixel += 1) {
      const [down, right] = [Math.floor(pixel / width) - middleRow, (pixel % width) - middleColumn];
      const row = middleRow + cosine * down + sine * right;
      const column = middleColumn - sine * down + cosine * right;
      const [top, left] = [Math.floor(row), Math.floor(column)];
      const [below, beside] = [row - top, column - left];
      for (let c = 0; c < channels; c += 1)
        out[pixel * channels + c] =
          (1 - below) * ((1 - beside) * at(top, left, c) + beside * at(top, left + 1, c)) +
          below * ((1 - beside) * at(top + 1, left, c) + beside * at(top + 1, left + 1, c));
    }
  };
}

/** Gaussian noise of this deviation on every number, cut to [0, 1]. */
export const noisy =
  (deviation: number): ImageLook =>
  (image, out, stream) => {
    stream.fillNormal(out, 0, deviation);
    image.forEach((value, at) => (out[at] = Math.min(1, Math.max(0, out[at] + value))));
  };

/** A Gaussian blur of this deviation in pixels; outside there are zeros. */
export function blurred(deviation: number, [height, width, channels]: ImageShape): ImageLook {
  const reach = Math.ceil(3 * deviation);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * deviation ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  /** Along an axis of so many places that lie `step` numbers apart. */
  const along = (image: Float32Array, step: number, places: number): Float32Array =>
    image.map((_, at) => {
      let sum = 0;
      for (let shift = -reach; shift <= reach; shift += 1) {
        const there = (Math.floor(at / step) % places) + shift;
        if (there >= 0 && there < places) sum += weights[shift + reach] * image[at + shift * step];
      }
      return sum / total;
    });
  return (image, out) => {
    out.set(along(along(image, channels, width), width * channels, height));
  };
}

/** Every number so much nearer to the mean of its image: x̄ + factor · (x − x̄). */
export const ofContrast =
  (factor: number): ImageLook =>
  (image, out) => {
    const mean = image.reduce((sum, value) => sum + value, 0) / image.length;
    image.forEach((value, at) => (out[at] = mean + factor * (value - mean)));
  };

/** ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * Images of one shape as ones of another: the middle is cut out or set into zeros, colours become their luma, grey
 * becomes equal colours.
 *
 * @throws Error where channels are neither equal nor 1 and 3.
 */
export function shapedAs(x: Float32Array, from: ImageShape, to: ImageShape): Float32Array {
  const [[height, width, channels], [rows, columns, wanted]] = [from, to];
  if (channels !== wanted && channels * wanted !== 3)
    throw new Error(`Images of ${channels} channels cannot be made ones of ${wanted}.`);
  const [top, left] = [Math.floor((height - rows) / 2), Math.floor((width - columns) / 2)];
  const [size, outSize] = [height * width * channels, rows * columns * wanted];
  const out = new Float32Array((x.length / size) * outSize);
  for (let at = 0; at < out.length; at += 1) {
    const pixel = Math.floor((at % outSize) / wanted);
    const [row, column] = [top + Math.floor(pixel / columns), left + (pixel % columns)];
    if (row < 0 || column < 0 || row >= height || column >= width) continue;
    const place = Math.floor(at / outSize) * size + (row * width + column) * channels;
    out[at] =
      wanted === channels
        ? x[place + (at % wanted)]
        : channels === 1
          ? x[place]
          : LUMA[0] * x[place] + LUMA[1] * x[place + 1] + LUMA[2] * x[place + 2];
  }
  return out;
}
