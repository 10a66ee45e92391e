import { z } from 'zod';
export { hyperParameters, scalar } from '../../base/hyper-parameters.ts';
import { isPlain } from '../../base/plain-text.ts';
import { COLOURS, DASHES, MARKERS } from '../../metrics/looks.ts';
import { CURVE_AXES } from '../../metrics/primitives.ts';

/** Schemas that several subjects of the contract use. */

export const json = z.json();
/** Letters of a name, at most. */
export const MOST_NAME = 120;
/** What is wrong with the length of a name, or null. */
export const nameTrouble = (text: string): string | null =>
  text.length > MOST_NAME ? `The name has ${text.length} characters; ${MOST_NAME} are the most.` : null;
/** A name that a person gives and every screen and terminal shows. */
export const plain = z.string().refine(isPlain, 'It holds control characters, which a terminal would obey.');
export const name = plain
  .max(MOST_NAME, { error: ({ input }) => nameTrouble(String(input)) ?? undefined })
  .refine((text) => text.trim() !== '', 'It is blank.');

/** How a method or configuration looks everywhere: a colour of the palette, a marker, a dash. */
export const look = z.object({ colour: z.enum(COLOURS), marker: z.enum(MARKERS), dash: z.enum(DASHES) });

/** A measured number; null where it is not finite, which JSON cannot carry. */
export const measured = z.number().nullable();

/** The points of a curve on other axes, one value a point. */
export const curveAxes = z.partialRecord(z.enum(CURVE_AXES), z.array(z.number()));
/** The same of one point. */
export const curvePlaces = z.partialRecord(z.enum(CURVE_AXES), z.number());

export const id = z.object({ id: z.string() });
export const nothing = z.object({});
export const op = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });
