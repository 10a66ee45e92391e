import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { gramFields, regressed } from './regmean.ts';
import type { RegMeanOptions } from './regmean.ts';
import { averageParameters } from './shared/average.ts';
import { defineMergingMethod } from './shared/define.ts';
import { drawnInputs } from './shared/drawn-inputs.ts';
import { gramMeter } from './shared/layer-statistics.ts';
import { expertsOf } from './shared/protocol.ts';
import { checkAlike } from './shared/task-vectors.ts';

/**
 * RegMean++ (Nguyen et al. 2025): as RegMean, layer by layer from the input on, but what a layer is given comes through
 * the layers that are merged already. Biases and norms are averaged.
 *
 * @param kernels their names, from the input on.
 * @param gramOf of each model, XᵀX / rows of what the net merged so far gives this kernel on inputs of its task.
 * @throws RangeError when models differ or a Gram matrix does not belong to its kernel.
 */
export async function* regMeanPlusPlus(
  models: readonly NamedArrays[],
  kernels: readonly string[],
  gramOf: (kernel: string, merged: NamedArrays) => Promise<readonly Float32Array[]>,
  options: RegMeanOptions,
): AsyncGenerator<number, NamedArrays, void> {
  checkAlike(models);
  let merged = averageParameters(models);
  for (const [index, name] of kernels.entries()) {
    const grams = await gramOf(name, merged);
    const own = models.map((model) => model[name]);
    merged = { ...merged, [name]: regressed(own, grams, options) };
    yield (index + 1) / kernels.length;
  }
  return merged;
}

export default defineMergingMethod({
  id: 'regmean-plus-plus',
  version: 1,
  title: 'RegMean++',
  summary: 'RegMean, where the inputs of a layer come through the layers that are merged already.',
  paper: {
    title: 'RegMean++: Enhancing Effectiveness and Generalization of Regression Mean for Model Merging',
    authors: 'Nguyen et al.',
    year: 2025,
    reference: 'arXiv:2508.03121',
    equations: 'RegMean (equation 2 of Jin et al. 2023) with X of the merged layers before',
    deviations:
      'Their step is a block of a transformer; here it is a dense layer. A ridge as in RegMean. A single head ' +
      'is averaged, several are not merged.',
  },
  fields: {
    alpha: z.number().min(0).max(1).default(0.95).describe('Factor α of the entries beside the diagonals'),
    ...gramFields,
  },
  asks: ['training-inputs'],
  async *merge({ context, network, models, heads, taskOf }, { alpha, ridge, examples }) {
    const { engine, meter } = context;
    const meters = expertsOf(context).tasks.map((task, index) => {
      const drawn = drawnInputs(context, task.trainingInputs(), index, examples);
      return { ids: drawn.ids, grams: gramMeter(engine, network, drawn) };
    });
    const gramOf = async (kernel: string, merged: NamedArrays): Promise<Float32Array[]> => {
      const ofTasks: Float32Array[] = [];
      for (const { ids, grams } of meters) {
        meter.passes({ forward: ids.length });
        ofTasks.push((await grams.measure({ ...heads, ...merged }))[kernel]);
      }
      return taskOf.map((task) => ofTasks[task]);
    };
    const isHead = (name: string): boolean => network.spec.heads.some((head) => name.startsWith(`${head.name}/`));
    const kernels = network.params.filter(({ name, role }) => role === 'kernel' && name in models[0] && !isHead(name));
    const options = { offDiagonal: alpha, ridge };
    const merged = yield* regMeanPlusPlus(
      models,
      kernels.map(({ name }) => name),
      gramOf,
      options,
    );
    for (const { grams } of meters) grams.dispose();
    return { kind: 'parameters', merged };
  },
});
