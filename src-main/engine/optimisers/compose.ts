import { tf, type Tensor } from '../tf.ts';
import type { GradientRule, LabelledOptimiser, OptimiserSpec, StepScope, Tensors, Variables } from '../types.ts';

/**
 * Optimisers that are made of others: rules before one (a chain), and one for each group of parameters. Frozen parts,
 * rates by layer, clipping and LARS are such combinations.
 */

/** These rules, one after the other, and then the optimiser, at its rate. */
export const chained = (rules: readonly GradientRule[], then: OptimiserSpec): OptimiserSpec => ({
  kind: 'chain',
  lr: then.lr,
  rules,
  then,
});

/**
 * Layer-wise adaptive rates (You, Gitman & Ginsburg 2017, arXiv:1708.03888, algorithm 1): the decayed gradient of each
 * kernel is scaled to `coefficient` times the kernel's length, then plain steps with momentum follow. Vectors (biases
 * and norms) are neither decayed nor scaled.
 */
export const lars = (
  { lr, momentum }: { readonly lr: number; readonly momentum: number },
  { weightDecay, coefficient }: { readonly weightDecay: number; readonly coefficient: number },
  kernels = '/kernel$',
): OptimiserSpec =>
  chained(
    [
      { kind: 'masked', parameters: kernels, rule: { kind: 'decay', weightDecay } },
      { kind: 'masked', parameters: kernels, rule: { kind: 'trust-ratio', coefficient } },
    ],
    { kind: 'sgd', lr, momentum },
  );

/** Gradients after all rules. */
export function ruled(
  rules: readonly GradientRule[],
  scope: StepScope,
  gradients: Tensors,
  parameters: Variables,
): Tensors {
  return rules.reduce((given, rule) => afterRule(rule, scope, given, parameters), gradients);
}

function afterRule(rule: GradientRule, scope: StepScope, gradients: Tensors, parameters: Variables): Tensors {
  const each = (change: (gradient: Tensor, value: Tensor) => Tensor): Tensors =>
    Object.fromEntries(
      Object.entries(gradients).map(([name, gradient]) => [name, change(gradient, scope.read(parameters[name]))]),
    );
  switch (rule.kind) {
    case 'clip-norm': {
      const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
      const length = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square)));
      const factor = tf.div(rule.norm, tf.maximum(length, rule.norm));
      return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
    }
    case 'decay':
      return each((gradient, value) => tf.add(gradient, tf.mul(value, rule.weightDecay)));
    case 'trust-ratio':
      return each((gradient, value) => {
        const [own, other] = [value, gradient].map((tensor) => tf.sqrt(tf.sum(tf.square(tensor))));
        const isMeant = tf.greater(tf.mul(own, other), 0);
        return tf.mul(gradient, tf.where(isMeant, tf.divNoNan(tf.mul(own, rule.coefficient), other), tf.onesLike(own)));
      });
    case 'masked': {
      const pattern = new RegExp(rule.parameters, 'u');
      const meant = Object.fromEntries(Object.entries(gradients).filter(([name]) => pattern.test(name)));
      return { ...gradients, ...afterRule(rule.rule, scope, meant, parameters) };
    }
  }
}

/** The groups with the parameters of each; of several that find one, the first has it. */
export function grouped(
  { groups }: LabelledOptimiser,
  parameters: Variables,
): (Omit<LabelledOptimiser['groups'][number], 'parameters'> & { readonly parameters: Variables })[] {
  const groupOf = (name: string): number =>
    groups.findIndex(({ parameters: pattern }) => new RegExp(pattern, 'u').test(name));
  return groups.map((group, at) => ({
    ...group,
    parameters: Object.fromEntries(Object.entries(parameters).filter(([name]) => groupOf(name) === at)),
  }));
}

/** The gradients of these parameters. */
export const only = (gradients: Tensors, of: Variables): Tensors =>
  Object.fromEntries(Object.entries(gradients).filter(([name]) => name in of));
