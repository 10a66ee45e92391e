import { z } from 'zod';
import type { Predictor } from '../contract.ts';
import { defineMethod } from '../define.ts';
import { boostedNet } from './shared/boosted-net.ts';
import type { Boosting } from './shared/boosted-net.ts';
import { design } from './shared/design.ts';
import { hostTask, needsTable } from './shared/host.ts';
import type { HostTask } from './shared/host.ts';

const TITLE = 'GBNN';

/**
 * Gradient boosted neural network (Emami & Martínez-Muñoz 2023, section 3): small nets of sigmoid units, each fitted by
 * least squares to what the sum before it leaves, and scaled by a Newton step; their sum is one net with one hidden
 * layer.
 */
export default defineMethod(
  {
    id: 'gbnn',
    version: 1,
    title: TITLE,
    summary: 'One hidden layer that is trained unit by unit: each fits what the units before it leave.',
    paper: {
      title: 'Sequential Training of Neural Networks with Gradient Boosting',
      authors: 'Emami, Martínez-Muñoz',
      year: 2023,
      reference: 'arXiv:1909.12098',
      equations: 'Section 3, as in the authors’ gbnn/GBNN.py',
      deviations:
        'Inputs are standardised numbers and one-hot categories. Settings are the defaults, without the authors’ ' +
        'grid. A step that would raise the loss of its rows is halved. The small nets stop where no part of the ' +
        'gradient is above 1e-4. Classes alone: with squared errors the defaults did not generalise here.',
    },
    fields: {
      stages: z.number().int().min(1).max(1000).default(200).describe('T: small nets, one after the other'),
      units: z.number().int().min(1).max(500).default(1).describe('J: sigmoid units of each'),
      eta: z.number().positive().max(1).default(1).describe('η: shrinkage of each'),
      rowShare: z.number().min(0.05).max(1).default(0.5).describe('Share of the rows that each is fitted to'),
      alpha: z.number().min(0).max(10).default(1e-4).describe('L2 penalty of the small nets’ weights'),
      steps: z.number().int().min(1).max(1000).default(200).describe('Steps of L-BFGS for each, at most'),
    },
    fits: (suite) => needsTable(suite, TITLE),
  },
  {
    family: 'tables',
    protocol: 'rows',
    async *run(context, values) {
      const { columns, train, classes } = hostTask(context);
      if (classes === null) throw new Error(`${TITLE} tells classes; this suite asks for a number.`);
      const encoder = design(columns, train.rows);
      const net = boostedNet(encoder.encode(train.rows), targetOf(train, classes), values, (stage) =>
        context.stream(`stage${stage}`),
      );
      const predictor: Predictor = {
        uses: [],
        async answer({ table }) {
          if (table === undefined) throw new Error('This method was asked about rows without their columns.');
          const sums = net.sums(encoder.encode(table.rows));
          return { kind: 'logits', width: classes, values: logitsOf(sums, classes) };
        },
      };
      for (let done = 1; done <= values.stages; done += 1) {
        net.grow();
        context.meter.examples(Math.round(values.rowShare * train.count));
        yield { kind: 'progress', cursor: null, done, total: values.stages };
      }
      return { predictor };
    },
  },
);

/** What is fitted: ±1 of two classes, or a place among more. */
const targetOf = (train: HostTask['train'], classes: number): Boosting =>
  classes === 2
    ? { kind: 'two', y: Float64Array.from(train.classes, (label) => 2 * label - 1) }
    : { kind: 'more', classes, y: train.classes };

/** p = 1/(1 + e^(−2F)) of the second of two classes: logits 0 and 2F. */
const logitsOf = (sums: Float64Array, classes: number): Float32Array =>
  classes === 2 ? Float32Array.from([...sums].flatMap((sum) => [0, 2 * sum])) : Float32Array.from(sums);
