import type { z } from 'zod';
import type { Method } from '../../contract.ts';
import type { MethodHeader, ValuesOf } from '../../define.ts';
import { softmaxRows } from '../../shared/softmax.ts';
import { defineEnsemblingMethod } from './define.ts';
import { calibrateOneVsRest } from './one-vs-rest.ts';
import type { FitBinaryMap } from './one-vs-rest.ts';

/** Least probability that is told: a map may say 0, of which no logarithm can be taken. */
const LEAST = 1e-7;

type Header<S extends z.ZodRawShape> = Omit<MethodHeader<S>, 'asks'>;

/** A calibration of one network's logits [rows × classes], fitted on validation rows; answers with other logits. */
export function defineLogitCalibration<const S extends z.ZodRawShape>(
  header: Header<S> & {
    fit(
      logits: Float32Array,
      labels: Int32Array,
      classes: number,
      values: ValuesOf<S>,
    ): { readonly map: (logits: Float32Array) => Float32Array; readonly note: string };
  },
): Method {
  return defineEnsemblingMethod({
    ...header,
    asks: ['validation'],
    members: () => 1,
    async fit(ensemble, values) {
      const validation = await ensemble.validation();
      const { map, note } = header.fit(
        await ensemble.logits(0, validation),
        validation.labels,
        ensemble.outputs,
        values,
      );
      return {
        combine: ([one]) => ({ kind: 'logits', width: one.width, values: map(one.values) }),
        notes: [`${note} Fitted on ${validation.rows} validation rows.`],
      };
    },
  });
}

/** A calibration of one network by a binary map a class, each fitted on validation rows. */
export function defineBinaryCalibration<const S extends z.ZodRawShape>(
  header: Header<S> & { fitMap(values: ValuesOf<S>): FitBinaryMap },
): Method {
  return defineEnsemblingMethod({
    ...header,
    asks: ['validation'],
    members: () => 1,
    async fit(ensemble, values) {
      const classes = ensemble.outputs;
      const validation = await ensemble.validation();
      const told = softmaxRows(await ensemble.logits(0, validation), classes);
      const map = calibrateOneVsRest(told, validation.labels, classes, header.fitMap(values));
      return {
        combine: ([{ width, values: logits }]) => {
          const logs = Float32Array.from(map(softmaxRows(logits, classes)), (p) => Math.log(Math.max(LEAST, p)));
          return { kind: 'log-probabilities', width, values: logs };
        },
        notes: [`One map a class, fitted on ${validation.rows} validation rows; probabilities are at least ${LEAST}.`],
      };
    },
  });
}
