import type { CompiledStep } from '../../../engine/types.ts';
import { evaluationLogits, joined } from '../../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ContinualRun } from '../contract.ts';

/** Logits [ids × outputs], row-major, of training examples by the suite's network of now, not augmented. Metered. */
export function trainingLogits({ context, protocol, model }: ContinualRun): (ids: Int32Array) => Promise<Float32Array> {
  const step: CompiledStep<{ readonly ids: { shape: [-1]; dtype: 'int32' } }, 'logits'> = context.engine.compileStep({
    name: 'continual/logits',
    inputs: { ids: { shape: [-1], dtype: 'int32' } },
    body: ({ ids }, scope) => ({
      logits: evaluationLogits(scope, model.network, model, protocol.examples(scope, ids).x),
    }),
  });
  const most = rowsPerEvaluation(model.network);
  return async (ids) => {
    const parts = await step.run(
      Array.from({ length: Math.ceil(ids.length / most) }, (_, i) => ({ ids: ids.slice(i * most, (i + 1) * most) })),
    );
    context.meter.passes({ forward: ids.length });
    return joined(parts.map(({ logits }) => logits));
  };
}
