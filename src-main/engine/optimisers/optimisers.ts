import { tf, type Tensor } from '../tf.ts';
import type {
  Optimiser,
  OptimiserSpec,
  PlainOptimiser,
  StepScope,
  TensorSpec,
  Tensors,
  Variable,
  Variables,
} from '../types.ts';
import { grouped, only, ruled } from './compose.ts';

/** Makes (or, on resume, finds again) a variable by name; `TrialState` is one. */
export interface VariableSource {
  variable(
    name: string,
    spec: TensorSpec & { dtype: 'float32' | 'int32' },
    initial: () => Float32Array | Int32Array,
  ): Variable;
}

/**
 * An optimiser over `parameters`, plain or composed. Slots are made through `source` under
 * `<prefix>/<slot>/<parameter>`, those of a labelled group under `<prefix>/<label>/…`.
 */
export function makeOptimiser(
  source: VariableSource,
  spec: OptimiserSpec,
  parameters: Variables,
  prefix = 'optimiser',
): Optimiser {
  switch (spec.kind) {
    case 'chain': {
      const { slots, starts, update } = makeOptimiser(source, spec.then, parameters, prefix);
      return {
        spec,
        slots,
        starts,
        update: (scope, gradients, lr) => update(scope, ruled(spec.rules, scope, gradients, parameters), lr),
      };
    }
    case 'by-label': {
      const groups = grouped(spec, parameters).flatMap(({ label, rate, by, parameters: own }) =>
        by === null ? [] : [{ rate, own, optimiser: makeOptimiser(source, by, own, `${prefix}/${label}`) }],
      );
      return {
        spec,
        slots: Object.assign({}, ...groups.map(({ optimiser }) => optimiser.slots)),
        starts: Object.assign({}, ...groups.map(({ optimiser }) => optimiser.starts)),
        update(scope, gradients, lr) {
          for (const { rate, own, optimiser } of groups)
            optimiser.update(scope, only(gradients, own), rate === 1 ? lr : tf.mul(lr, rate));
        },
      };
    }
    default:
      return plainOptimiser(source, spec, parameters, prefix);
  }
}

/**
 * With PyTorch's definitions: weight decay added to the gradient (decoupled for AdamW), momentum without dampening,
 * Adam with ε outside the bias-corrected root.
 */
function plainOptimiser(
  source: VariableSource,
  spec: PlainOptimiser,
  parameters: Variables,
  prefix: string,
): Optimiser {
  const slots: Record<string, Variable> = {};
  const starts: Record<string, number> = {};
  const slot = (kind: string, name: string, start = 0): Variable => {
    const key = `${prefix}/${kind}/${name}`;
    const { shape } = parameters[name];
    starts[key] = start;
    slots[key] = source.variable(key, { shape, dtype: 'float32' }, () =>
      new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(start),
    );
    return slots[key];
  };
  const perParameter = (kind: string, start = 0): Variables =>
    Object.fromEntries(Object.keys(parameters).map((name) => [name, slot(kind, name, start)]));
  const decayed = (scope: StepScope, name: string, gradient: Tensor, decay: number | undefined): Tensor =>
    decay === undefined || decay === 0 ? gradient : tf.add(gradient, tf.mul(scope.read(parameters[name]), decay));
  const built = build();
  return { spec, slots, starts, update: built };

  function build(): Optimiser['update'] {
    switch (spec.kind) {
      case 'sgd': {
        const momentum = spec.momentum ?? 0;
        const velocity = momentum === 0 ? null : perParameter('velocity');
        return (scope, gradients, lr) =>
          each(gradients, (name, raw) => {
            const gradient = decayed(scope, name, raw, spec.weightDecay);
            if (velocity === null) scope.fused.gradientDescent(parameters[name], lr, gradient);
            else scope.fused.momentum(parameters[name], velocity[name], lr, gradient, momentum, spec.nesterov ?? false);
          });
      }
      case 'adam':
      case 'adamw': {
        const beta1 = spec.beta1 ?? 0.9,
          beta2 = spec.beta2 ?? 0.999,
          epsilon = spec.epsilon ?? 1e-8;
        const m = perParameter('m'),
          s = perParameter('s');
        const power = (kind: string): Variable => {
          const key = `${prefix}/${kind}`;
          starts[key] = 1;
          slots[key] = source.variable(key, { shape: [], dtype: 'float32' }, () => Float32Array.of(1));
          return slots[key];
        };
        const power1 = power('beta1-power'),
          power2 = power('beta2-power');
        return (scope, gradients, lr) => {
          scope.assign(power1, tf.mul(scope.read(power1), beta1));
          scope.assign(power2, tf.mul(scope.read(power2), beta2));
          const powers = { beta1: scope.read(power1), beta2: scope.read(power2) };
          each(gradients, (name, raw) => {
            const parameter = parameters[name];
            const gradient = spec.kind === 'adam' ? decayed(scope, name, raw, spec.weightDecay) : raw;
            if (spec.kind === 'adamw')
              scope.assign(
                parameter,
                tf.sub(scope.read(parameter), tf.mul(scope.read(parameter), tf.mul(lr, spec.weightDecay))),
              );
            scope.fused.adam(parameter, m[name], s[name], powers, lr, gradient, { beta1, beta2, epsilon });
          });
        };
      }
      case 'adagrad': {
        const sums = perParameter('sum', spec.start);
        return (scope, gradients, lr) =>
          each(gradients, (name, raw) =>
            scope.fused.adagrad(
              parameters[name],
              sums[name],
              lr,
              decayed(scope, name, raw, spec.weightDecay),
              spec.epsilon ?? 1e-10,
            ),
          );
      }
      case 'rmsprop': {
        const alpha = spec.alpha ?? 0.99,
          epsilon = spec.epsilon ?? 1e-8;
        const squares = perParameter('square');
        return (scope, gradients, lr) =>
          each(gradients, (name, raw) => {
            const gradient = decayed(scope, name, raw, spec.weightDecay);
            scope.assign(
              squares[name],
              tf.add(tf.mul(scope.read(squares[name]), alpha), tf.mul(tf.square(gradient), 1 - alpha)),
            );
            const step = tf.div(gradient, tf.add(tf.sqrt(scope.read(squares[name])), epsilon));
            scope.assign(parameters[name], tf.sub(scope.read(parameters[name]), tf.mul(lr, step)));
          });
      }
    }
  }
}

function each(gradients: Tensors, apply: (name: string, gradient: Tensor) => void): void {
  for (const [name, gradient] of Object.entries(gradients)) apply(name, gradient);
}
