import { z } from 'zod';
import { layersOf } from '../../engine/networks/specification.ts';
import type { Stream } from '../../engine/random/streams.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** By task, 1 for the hidden units that it uses and 0 for those that are off: ⌊off · units⌋ drawn for each task. */
export function drawnGates(
  units: number,
  tasks: number,
  off: number,
  streamOf: (task: number) => Stream,
): Float32Array {
  const gates = new Float32Array(tasks * units).fill(1);
  for (let task = 0; task < tasks; task++)
    for (const unit of streamOf(task).sample(units, Math.floor(off * units))) gates[task * units + unit] = 0;
  return gates;
}

/** The same with units dealt out, so that no two tasks share one. */
export function disjointGates(units: number, tasks: number, order: Int32Array): Float32Array {
  const gates = new Float32Array(tasks * units);
  order.forEach((unit, place) => {
    gates[(place % tasks) * units + unit] = 1;
  });
  return gates;
}

/**
 * Context-dependent gating (Masse, Grant & Freedman 2018): in each task another random part of the hidden units is
 * switched off, in training and at test, so that tasks meet in few weights. Alone it protects nothing else.
 */
export default defineContinualMethod({
  id: 'xdg',
  version: 1,
  title: 'Context-dependent gating (XdG)',
  summary: 'Switches off another random part of the hidden units in each task.',
  paper: {
    title: 'Alleviating catastrophic forgetting using context-dependent gating and synaptic stabilization',
    authors: 'Masse, Grant, Freedman',
    year: 2018,
    reference: '10.1073/pnas.1803839115',
    equations: 'methods: context-dependent gating',
    deviations: 'Without a penalty beside it, as in van de Ven et al. 2022.',
  },
  fields: {
    off: z
      .number()
      .min(0)
      .max(0.99)
      .default(0.8)
      .describe('Share of the hidden units of a layer that is off in a task'),
    units: z
      .enum(['drawn', 'disjoint'])
      .default('drawn')
      .describe('Units of each task drawn at random, or dealt out so that no two tasks share one (whatever the share)'),
  },
  asks: ['task-id-at-test', 'boundaries'],
  fits: ({ network }) =>
    layersOf(network).every(({ kind }) => !kind.endsWith('-norm')) ||
    'Gates act on hidden units; the statistics of norms would be those of all tasks together.',
  create: (run, { off, units }) => {
    const { network, stream } = run.context;
    const tasks = run.protocol.tasks.length;
    const heads = network.spec.heads.map(({ name }) => name);
    const layers = network.params
      .filter(({ name, role }) => role === 'kernel' && !heads.includes(layerOf(name)))
      .map(({ name, shape }) => ({ layer: layerOf(name), width: shape[shape.length - 1] }));
    const gates = layers.map(({ layer, width }) => ({
      layer,
      variable: run.variable(`gates/${layer}`, { shape: [tasks, width], dtype: 'float32' }, () =>
        units === 'drawn'
          ? drawnGates(width, tasks, off, (task) => stream(`gates/${layer}/task${task}`))
          : disjointGates(width, tasks, stream(`gates/${layer}`).permutation(width)),
      ),
    }));
    return {
      gates: (scope, tasksOfBatch) =>
        Object.fromEntries(gates.map(({ layer, variable }) => [layer, scope.gather(variable, tasksOfBatch)])),
    };
  },
});

const layerOf = (parameter: string): string => parameter.slice(0, parameter.lastIndexOf('/'));
