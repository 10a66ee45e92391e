import { z } from 'zod';

/**
 * Values of hyper-parameters, as they are sent, stored and read anywhere. What a method allows of them is the method's
 * own schema's business.
 */
export const scalar = z.union([z.number(), z.string(), z.boolean()]);
export const hyperParameters = z.record(z.string(), scalar);

export type Scalar = z.infer<typeof scalar>;
export type HyperParameters = Readonly<Record<string, Scalar>>;
