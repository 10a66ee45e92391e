import { z } from 'zod';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import type { ApplyOptions } from '../../types.ts';
import { attention } from './attention.ts';
import type { AttentionSpec } from './attention.ts';
import { ash } from './ash.ts';
import type { AshSpec } from './ash.ts';
import { batchEnsembleConvolution } from './batch-ensemble-convolution.ts';
import type { BatchEnsembleConvolutionSpec } from './batch-ensemble-convolution.ts';
import { batchEnsembleDense } from './batch-ensemble-dense.ts';
import type { BatchEnsembleDenseSpec } from './batch-ensemble-dense.ts';
import { batchNorm } from './batch-norm.ts';
import type { BatchNormSpec } from './batch-norm.ts';
import { convolution } from './convolution.ts';
import type { ConvolutionSpec } from './convolution.ts';
import { dense } from './dense.ts';
import type { DenseSpec } from './dense.ts';
import { dropout } from './dropout.ts';
import type { DropoutSpec } from './dropout.ts';
import { experts } from './experts.ts';
import type { ExpertsSpec } from './experts.ts';
import { featureTokens } from './feature-tokens.ts';
import type { FeatureTokensSpec } from './feature-tokens.ts';
import { firstToken } from './first-token.ts';
import type { FirstTokenSpec } from './first-token.ts';
import { flatten } from './flatten.ts';
import type { FlattenSpec } from './flatten.ts';
import { gelu } from './gelu.ts';
import type { GeluSpec } from './gelu.ts';
import { groupNorm } from './group-norm.ts';
import type { GroupNormSpec } from './group-norm.ts';
import { layerNorm } from './layer-norm.ts';
import type { LayerNormSpec } from './layer-norm.ts';
import { hopular } from './hopular.ts';
import type { HopularSpec } from './hopular.ts';
import { interacting } from './interacting.ts';
import type { InteractingSpec } from './interacting.ts';
import { mamba } from './mamba.ts';
import type { MambaSpec } from './mamba.ts';
import { meanToken } from './mean-token.ts';
import type { MeanTokenSpec } from './mean-token.ts';
import { periodic } from './periodic.ts';
import type { PeriodicSpec } from './periodic.ts';
import { piecewiseLinear } from './piecewise-linear.ts';
import type { PiecewiseLinearSpec } from './piecewise-linear.ts';
import { rmsNorm } from './rms-norm.ts';
import type { RmsNormSpec } from './rms-norm.ts';
import type { LayerAxes, LayerKind, LayerTensor, LayerValues } from './layer.ts';
import { leakyRelu } from './leaky-relu.ts';
import type { LeakyReluSpec } from './leaky-relu.ts';
import { lowRankDense } from './low-rank-dense.ts';
import type { LowRankDenseSpec } from './low-rank-dense.ts';
import { maskedConvolution } from './masked-convolution.ts';
import type { MaskedConvolutionSpec } from './masked-convolution.ts';
import { maskedDense } from './masked-dense.ts';
import type { MaskedDenseSpec } from './masked-dense.ts';
import { maxPool } from './max-pool.ts';
import type { MaxPoolSpec } from './max-pool.ts';
import { memberDense } from './member-dense.ts';
import type { MemberDenseSpec } from './member-dense.ts';
import { memberScale } from './member-scale.ts';
import type { MemberScaleSpec } from './member-scale.ts';
import { reglu } from './reglu.ts';
import type { RegluSpec } from './reglu.ts';
import { flattenGroups } from './flatten-groups.ts';
import type { FlattenGroupsSpec } from './flatten-groups.ts';
import { maxoutConvolution } from './maxout-convolution.ts';
import type { MaxoutConvolutionSpec } from './maxout-convolution.ts';
import { maxoutDense } from './maxout-dense.ts';
import type { MaxoutDenseSpec } from './maxout-dense.ts';
import { memberHeads } from './member-heads.ts';
import type { MemberHeadsSpec } from './member-heads.ts';
import { packedConvolution } from './packed-convolution.ts';
import type { PackedConvolutionSpec } from './packed-convolution.ts';
import { packedDense } from './packed-dense.ts';
import type { PackedDenseSpec } from './packed-dense.ts';
import { rowMasks } from './row-masks.ts';
import type { RowMasksSpec } from './row-masks.ts';
import { pairwise } from './pairwise.ts';
import type { PairwiseSpec } from './pairwise.ts';
import { relu } from './relu.ts';
import type { ReluSpec } from './relu.ts';
import { residual } from './residual.ts';
import type { ResidualSpec } from './residual.ts';
import { scale } from './scale.ts';
import type { ScaleSpec } from './scale.ts';
import { sigmoid } from './sigmoid.ts';
import type { SigmoidSpec } from './sigmoid.ts';
import { tokenDense } from './token-dense.ts';
import type { TokenDenseSpec } from './token-dense.ts';
import { standardisedDense } from './standardised-dense.ts';
import type { StandardisedDenseSpec } from './standardised-dense.ts';
import { topK } from './top-k.ts';
import type { TopKSpec } from './top-k.ts';
import { unitLength } from './unit-length.ts';
import type { UnitLengthSpec } from './unit-length.ts';

/** A layer of a network, as data. */
export type LayerSpec =
  | AttentionSpec
  | AshSpec
  | BatchEnsembleConvolutionSpec
  | BatchEnsembleDenseSpec
  | BatchNormSpec
  | ConvolutionSpec
  | DenseSpec
  | DropoutSpec
  | ExpertsSpec
  | FeatureTokensSpec
  | FirstTokenSpec
  | FlattenGroupsSpec
  | FlattenSpec
  | GeluSpec
  | GroupNormSpec
  | LayerNormSpec
  | LeakyReluSpec
  | LowRankDenseSpec
  | MaskedConvolutionSpec
  | MaskedDenseSpec
  | MaxPoolSpec
  | MaxoutConvolutionSpec
  | MaxoutDenseSpec
  | MemberDenseSpec
  | MemberHeadsSpec
  | MemberScaleSpec
  | PackedConvolutionSpec
  | PackedDenseSpec
  | RegluSpec
  | PairwiseSpec
  | ReluSpec
  | ResidualBlockSpec
  | RowMasksSpec
  | ScaleSpec
  | SigmoidSpec
  | TokenDenseSpec
  | StandardisedDenseSpec
  | TopKSpec
  | UnitLengthSpec
  | HopularSpec
  | InteractingSpec
  | MambaSpec
  | MeanTokenSpec
  | PeriodicSpec
  | PiecewiseLinearSpec
  | RmsNormSpec;

/** A block of any layers; may hold blocks in turn. */
export interface ResidualBlockSpec extends ResidualSpec<LayerSpec> {
  readonly layers: readonly LayerSpec[];
}

/** One layer of one network: its kind's functions with its specification filled in. */
export interface BoundLayer {
  readonly spec: LayerSpec;
  shape(input: readonly number[]): readonly number[];
  parameters(input: readonly number[]): readonly LayerTensor[];
  state(input: readonly number[]): readonly LayerTensor[];
  apply(x: Tensor, values: LayerValues, options: ApplyOptions): Tensor;
  flops(input: readonly number[]): number;
  axes(input: readonly number[], incoming: string | null): LayerAxes;
}

type Bind = (given: LayerSpec) => BoundLayer;

/** Fills a kind's functions with a specification, which its schema has read. */
function binding<S extends LayerSpec>(kind: LayerKind<S>): [string, Bind] {
  return [
    kind.kind,
    (given) => {
      const parsed = kind.schema.safeParse(given);
      if (!parsed.success)
        throw new EngineError(`The layer ${JSON.stringify(given)} is wrong: ${z.prettifyError(parsed.error)}`);
      const spec = parsed.data;
      return {
        spec,
        shape: (input) => kind.shape(spec, input),
        parameters: (input) => kind.parameters(spec, input),
        state: (input) => kind.state(spec, input),
        apply: (x, values, options) => kind.apply(spec, x, values, options),
        flops: (input) => kind.flops(spec, input),
        axes: (input, incoming) => kind.axes(spec, input, incoming),
      };
    },
  ];
}

const KINDS: ReadonlyMap<string, Bind> = new Map([
  binding(attention),
  binding(ash),
  binding(batchEnsembleConvolution),
  binding(batchEnsembleDense),
  binding(batchNorm),
  binding(convolution),
  binding(dense),
  binding(dropout),
  binding(experts),
  binding(featureTokens),
  binding(firstToken),
  binding(flatten),
  binding(flattenGroups),
  binding(gelu),
  binding(groupNorm),
  binding(layerNorm),
  binding(leakyRelu),
  binding(lowRankDense),
  binding(maskedConvolution),
  binding(maskedDense),
  binding(maxPool),
  binding(maxoutConvolution),
  binding(maxoutDense),
  binding(memberDense),
  binding(memberHeads),
  binding(memberScale),
  binding(packedConvolution),
  binding(packedDense),
  binding(reglu),
  binding(pairwise),
  binding(relu),
  binding(residual<LayerSpec>((spec) => boundLayer(spec))),
  binding(rowMasks),
  binding(scale),
  binding(sigmoid),
  binding(tokenDense),
  binding(standardisedDense),
  binding(topK),
  binding(unitLength),
  binding(hopular),
  binding(interacting),
  binding(mamba),
  binding(meanToken),
  binding(periodic),
  binding(piecewiseLinear),
  binding(rmsNorm),
]);

/** Every kind of layer there is. */
export const LAYER_KINDS: readonly string[] = [...KINDS.keys()];

/** @throws EngineError where there is no such kind of layer, or its settings are out of range. */
export function boundLayer(spec: LayerSpec): BoundLayer {
  const found = KINDS.get(spec.kind);
  if (found === undefined)
    throw new EngineError(`There is no layer "${spec.kind}"; there are ${[...KINDS.keys()].join(', ')}.`);
  return found(spec);
}
