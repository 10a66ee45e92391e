import type { DatasetSplit } from '../../../datasets/types.ts';
import type { Stream } from '../../../engine/random/streams.ts';
import { SIDE } from './views.ts';

/** Another look of the same images of 28 × 28 grey values: shifts that nets are judged under, domains to leave out. */
export type Domain =
  /** Turned about the middle, anticlockwise, with what lies between pixels interpolated and zeros from outside. */
  | { readonly kind: 'rotated'; readonly degrees: number }
  /** Gaussian noise of this deviation on every pixel, cut to [0, 1]. */
  | { readonly kind: 'noisy'; readonly deviation: number }
  /** A Gaussian blur of this deviation in pixels. */
  | { readonly kind: 'blurred'; readonly deviation: number }
  /**
   * Arjovsky et al. 2019, section 5.1: digits of 14 × 14 pixels in one of two colours (channels). With an agreement the
   * label is whether the digit is below 5, wrong in one of four, and the colour agrees with the label so often; without
   * one the label stays the digit's and the colour says nothing.
   */
  | { readonly kind: 'coloured'; readonly agreement: number | null };

/** Numbers of an example in a domain. */
export const domainWidth = ({ kind }: Domain): number => (kind === 'coloured' ? COLOURED * 2 : PIXELS);

const PIXELS = SIDE * SIDE;
const HALF = SIDE / 2;
const COLOURED = HALF * HALF;
/** One of four labels is wrong. */
const LABEL_NOISE = 0.25;
const FIRST_HIGH_DIGIT = 5;

/**
 * Rows dealt to domains in turn: row i is seen in domain i mod n.
 *
 * @param stream of this split; the same rows look the same whenever they are asked for.
 */
export function inDomains({ rows, x, y }: DatasetSplit, domains: readonly Domain[], stream: Stream): DatasetSplit {
  const width = domainWidth(domains[0]);
  if (domains.some((domain) => domainWidth(domain) !== width))
    throw new Error('Domains of one task must have examples of one size; coloured ones are of another.');
  const looks = domains.map(lookOf);
  const out = new Float32Array(rows * width);
  const labels = Int32Array.from(y);
  for (let row = 0; row < rows; row += 1)
    labels[row] = looks[row % looks.length](
      x.subarray(row * PIXELS, (row + 1) * PIXELS),
      out.subarray(row * width, (row + 1) * width),
      labels[row],
      stream,
    );
  return { rows, x: out, y: labels };
}

/** Writes the look of an image to `out` and answers its label. */
type Look = (image: Float32Array, out: Float32Array, label: number, stream: Stream) => number;

function lookOf(domain: Domain): Look {
  switch (domain.kind) {
    case 'rotated':
      return rotated(domain.degrees);
    case 'noisy':
      return (image, out, label, stream) => {
        stream.fillNormal(out, 0, domain.deviation);
        image.forEach((value, at) => (out[at] = Math.min(1, Math.max(0, out[at] + value))));
        return label;
      };
    case 'blurred':
      return blurred(domain.deviation);
    case 'coloured':
      return coloured(domain.agreement);
  }
}

function rotated(degrees: number): Look {
  const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const middle = (SIDE - 1) / 2;
  const at = (image: Float32Array, row: number, column: number): number =>
    row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 0 : image[row * SIDE + column];
  return (image, out, label) => {
    for (let pixel = 0; pixel < PIXELS; pixel += 1) {
      const [down, right] = [Math.floor(pixel / SIDE) - middle, (pixel % SIDE) - middle];
      const [row, column] = [middle + cosine * down + sine * right, middle - sine * down + cosine * right];
      const [top, left] = [Math.floor(row), Math.floor(column)];
      const [below, beside] = [row - top, column - left];
      out[pixel] =
        (1 - below) * ((1 - beside) * at(image, top, left) + beside * at(image, top, left + 1)) +
        below * ((1 - beside) * at(image, top + 1, left) + beside * at(image, top + 1, left + 1));
    }
    return label;
  };
}

function blurred(deviation: number): Look {
  const reach = Math.ceil(3 * deviation);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * deviation ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  /** Along rows or columns; outside there are zeros. */
  const along = (image: Float32Array, step: number, place: (pixel: number) => number): Float32Array =>
    image.map((_, pixel) => {
      let sum = 0;
      for (let shift = -reach; shift <= reach; shift += 1) {
        const there = place(pixel) + shift;
        if (there >= 0 && there < SIDE) sum += weights[shift + reach] * image[pixel + shift * step];
      }
      return sum / total;
    });
  return (image, out, label) => {
    const once = along(image, 1, (pixel) => pixel % SIDE);
    out.set(along(once, SIDE, (pixel) => Math.floor(pixel / SIDE)));
    return label;
  };
}

function coloured(agreement: number | null): Look {
  return (image, out, digit, stream) => {
    const [wrong, other] = [stream.uniform(), stream.uniform()];
    const label = agreement === null ? digit : Number(digit < FIRST_HIGH_DIGIT) ^ Number(wrong < LABEL_NOISE);
    const channel = agreement === null ? Number(other < 0.5) : label ^ Number(other >= agreement);
    for (let pixel = 0; pixel < COLOURED; pixel += 1)
      out[channel * COLOURED + pixel] = image[2 * Math.floor(pixel / HALF) * SIDE + 2 * (pixel % HALF)];
    return label;
  };
}
