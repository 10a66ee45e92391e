import type { z } from 'zod';
import type { Method } from '../../contract.ts';
import { defineMethod } from '../../define.ts';
import { runTraining, TRAINING_DRIVER } from '../../training/shared/driver.ts';
import { probeProtocol } from '../contract.ts';
import type { ProbeDefinition } from '../contract.ts';

/** A probe from its hooks: the driver of training trains, the method says how and measures what happens. */
export function defineProbeMethod<const S extends z.ZodRawShape>(definition: ProbeDefinition<S>): Method {
  return defineMethod(definition, {
    family: 'theory',
    protocol: 'probe',
    driver: TRAINING_DRIVER,
    run: (context, values) => runTraining(context, definition.hooks(values, probeProtocol(context), context), false),
  });
}
