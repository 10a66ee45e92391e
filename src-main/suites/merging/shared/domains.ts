import type { DatasetSplit } from '../../../datasets/types.ts';
import type { Stream } from '../../../engine/random/streams.ts';
import { blurred, noisy, turned } from '../../shared/image-looks.ts';
import type { ImageLook, ImageShape } from '../../shared/image-looks.ts';
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

const SHAPE: ImageShape = [SIDE, SIDE, 1];
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
      return keepingLabels(turned(domain.degrees, SHAPE));
    case 'noisy':
      return keepingLabels(noisy(domain.deviation));
    case 'blurred':
      return keepingLabels(blurred(domain.deviation, SHAPE));
    case 'coloured':
      return coloured(domain.agreement);
  }
}

const keepingLabels =
  (look: ImageLook): Look =>
  (image, out, label, stream) => {
    look(image, out, stream);
    return label;
  };

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
