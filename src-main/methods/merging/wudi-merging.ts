import { z } from 'zod';
import { HostAdam } from './shared/host-adam.ts';
import { product, rowProducts, squaredNorm, sumOf, transposed } from './shared/matrices.ts';
import type { Matrix } from './shared/matrices.ts';
import { solvePositive } from './shared/positive-system.ts';
import { mergedByMatrices } from './shared/spectral.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** The quadratic Σ_t |(m − τ_t) τ_tᵀ|² / |τ_t|²: its gradient is 2 (m A − C). */
interface Interference {
  /** Σ_t τ_tᵀ τ_t / |τ_t|² [inputs × inputs]. */
  readonly a: Matrix;
  /** Σ_t τ_t τ_tᵀ τ_t / |τ_t|² [outputs × inputs]. */
  readonly c: Matrix;
}

function interferenceOf(vectors: readonly Matrix[]): Interference {
  const shares = vectors.map((vector) => 1 / (squaredNorm(vector) || 1));
  return {
    a: sumOf(
      vectors.map((vector) => rowProducts(transposed(vector))),
      shares,
    ),
    c: sumOf(
      vectors.map((vector) => product(rowProducts(vector), vector)),
      shares,
    ),
  };
}

/** Added to the diagonal, as a share of its mean: inputs that no task changed get 0, as by the pseudo-inverse. */
const RIDGE = 1e-10;

/** Where the gradient is 0: C A⁺. */
export function wudiClosed(vectors: readonly Matrix[]): Matrix {
  const { a, c } = interferenceOf(vectors);
  const n = a.rows;
  let trace = 0;
  for (let i = 0; i < n; i += 1) trace += a.data[i * n + i];
  if (trace === 0) return c;
  for (let i = 0; i < n; i += 1) a.data[i * n + i] += (RIDGE * trace) / n;
  const solution = transposed(c);
  solvePositive(a.data, solution.data, n);
  return transposed(solution);
}

/** Steps of Adam from Σ τ_t, as their code takes them. @param rate absolute. */
export function wudiSteps(vectors: readonly Matrix[], steps: number, rate: number): Matrix {
  const { a, c } = interferenceOf(vectors);
  const m = sumOf(vectors);
  const adam = new HostAdam(m.data.length, rate);
  for (let step = 0; step < steps; step += 1) adam.update(m.data, sumOf([product(m, a), c], [2, -2]).data);
  return m;
}

/** Root mean square of all entries. */
function sizeOf(vectors: readonly Matrix[]): number {
  const entries = vectors.reduce((sum, { data }) => sum + data.length, 0);
  return Math.sqrt(vectors.reduce((sum, vector) => sum + squaredNorm(vector), 0) / entries);
}

export default defineTensorMerge({
  id: 'wudi-merging',
  version: 1,
  title: 'WUDI-Merging',
  summary: 'Finds, layer by layer, the change that interferes least with the task vectors, without any data.',
  paper: {
    title: 'Whoever Started the Interference Should End It: Guiding Data-Free Model Merging via Task Vectors',
    authors: 'Cheng et al.',
    year: 2025,
    reference: 'arXiv:2503.08099',
    equations: 'Section 3: min_m Σ_t |(m − τ_t) τ_tᵀ|² / |τ_t|², θ0 + m',
    deviations:
      'The loss is quadratic, so its minimum is solved for; `adam` takes the 300 steps of their code from Σ τ, with ' +
      'a rate that is a share of the size of τ (their 1e-5 is fitted to CLIP). Kernels of convolutions are taken as ' +
      'matrices; biases and norms are averaged, as in fusion_bench (their code leaves them at the start).',
  },
  needsStart: true,
  fields: {
    solver: z.enum(['closed-form', 'adam']).default('closed-form').describe('The minimum, or steps of Adam from Σ τ'),
    steps: z.number().int().min(1).max(10_000).default(300).describe('Steps of Adam'),
    rate: z.number().min(1e-6).max(1).default(0.01).describe('Rate of Adam, as a share of the root mean square of τ'),
  },
  tensor: (tensor, { solver, steps, rate }, terms) =>
    mergedByMatrices(tensor, terms, 1, (vectors) =>
      solver === 'closed-form' ? wudiClosed(vectors) : wudiSteps(vectors, steps, rate * sizeOf(vectors)),
    ),
});
