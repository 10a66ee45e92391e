import type { Engine } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { rowFeeds } from '../../shared/network-predictor.ts';
import { readAll } from '../../shared/network-variables.ts';
import type { NetworkVariables } from '../../shared/network-variables.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ResidentSplit } from '../../training/contract.ts';

/**
 * What the last hidden layer and the head answer for every row of a split, in evaluation mode: [rows × features], [rows
 * × outputs].
 */
export function featuresOf(
  engine: Engine,
  network: Network,
  { parameters, statistics }: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  { x, rows }: Pick<ResidentSplit, 'x' | 'rows'>,
): () => Promise<{ readonly features: Float32Array; readonly logits: Float32Array }> {
  const step = engine.compileStep({
    name: 'network/features',
    inputs: { rows: { shape: [-1], dtype: 'int32' } },
    body(given, scope) {
      const values = { params: readAll(scope, parameters), state: readAll(scope, statistics) };
      const { features, logits } = network.apply(values, scope.gather(x, given.rows), { mode: 'eval' });
      return { features, logits };
    },
  });
  return async () => {
    const parts = await step.run(rowFeeds(rows, rowsPerEvaluation(network)));
    const joined = (of: 'features' | 'logits'): Float32Array => {
      const width = parts.reduce((sum, part) => sum + part[of].length, 0) / rows;
      const out = new Float32Array(rows * width);
      let at = 0;
      for (const part of parts) {
        out.set(part[of], at);
        at += part[of].length;
      }
      return out;
    };
    return { features: joined('features'), logits: joined('logits') };
  };
}
