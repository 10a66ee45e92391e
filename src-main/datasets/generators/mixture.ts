import type { Stream } from '../../engine/random/streams.ts';
import { between } from './generator.ts';
import type { TableGenerator, TableSplit } from './generator.ts';

const CLASSES = 5;
const CLUSTERS_PER_CLASS = 4;
const LATENT = 6;
const COLUMNS = 24;
/** The last columns carry nothing but noise. */
const NOISE_COLUMNS = 6;
const LABEL_NOISE = 0.02;

/** A curved Gaussian blob in the latent space. */
interface Cluster {
  readonly centre: Float32Array;
  readonly spread: Float32Array;
  /** Bends the second coordinate by the square of the first, like a moon. */
  readonly bend: number;
}

interface World {
  readonly clusters: readonly Cluster[];
  /** [LATENT × (COLUMNS - NOISE_COLUMNS)] */
  readonly projection: Float32Array;
}

function drawWorld(stream: Stream): World {
  const clusters = Array.from({ length: CLASSES * CLUSTERS_PER_CLASS }, (): Cluster => ({
    centre: Float32Array.from({ length: LATENT }, () => 1.8 * stream.normal()),
    spread: Float32Array.from({ length: LATENT }, () => between(stream, 0.35, 1)),
    bend: between(stream, -0.9, 0.9),
  }));
  const projection = new Float32Array(LATENT * (COLUMNS - NOISE_COLUMNS));
  stream.fillNormal(projection, 0, 1 / Math.sqrt(LATENT));
  return { clusters, projection };
}

/**
 * A mixture in many dimensions: each of five classes is four bent Gaussian blobs in a 6-dimensional space, seen through
 * a random linear map with a soft saturation as 18 columns, with six columns of noise besides. Two of a hundred labels
 * are drawn at random.
 */
function draw(rows: number, { clusters, projection }: World, stream: Stream): TableSplit {
  const x = new Float32Array(rows * COLUMNS);
  const y = new Int32Array(rows);
  const latent = new Float32Array(LATENT);
  const informative = COLUMNS - NOISE_COLUMNS;
  for (let row = 0; row < rows; row += 1) {
    const chosen = stream.integer(clusters.length);
    const cluster = clusters[chosen];
    if (cluster === undefined) continue;
    const noisy = stream.uniform() < LABEL_NOISE;
    y[row] = noisy ? stream.integer(CLASSES) : chosen % CLASSES;
    for (let d = 0; d < LATENT; d += 1) latent[d] = stream.normal();
    latent[1] = latent[1] + cluster.bend * (latent[0] ** 2 - 1);
    for (let d = 0; d < LATENT; d += 1) latent[d] = cluster.centre[d] + cluster.spread[d] * latent[d];
    for (let c = 0; c < COLUMNS; c += 1) {
      let value = 0;
      for (let d = 0; d < LATENT; d += 1) value += c < informative ? latent[d] * projection[d * informative + c] : 0;
      x[row * COLUMNS + c] = c < informative ? 2 * Math.tanh(value / 2) + 0.15 * stream.normal() : stream.normal();
    }
  }
  return { x, y };
}

export const mixture: TableGenerator = {
  draws: 'table',
  splits: ({ train, test }, streams) => {
    const world = drawWorld(streams.world);
    return { train: draw(train, world, streams.train), test: draw(test, world, streams.test) };
  },
  entry: {
    id: 'mixture-generated',
    title: 'Generated mixture in 24 columns',
    kind: 'table',
    origin: 'generated',
    rows: { train: 4_000, test: 1_000 },
    shape: [COLUMNS],
    classes: Array.from({ length: CLASSES }, (_, c) => `class ${c + 1}`),
    licence: 'Apache-2.0 (made by Touchstone)',
    source: 'Bent Gaussian blobs, four a class, seen through a random map',
    citation: 'Touchstone, mixture-generated version 1',
    layout: { kind: 'generated', generator: 'mixture', version: 1, seed: 0 },
  },
};
