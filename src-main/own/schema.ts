import { z } from 'zod';

/** The schema of a form that came as JSON Schema. Throws where it says more than zod can say. */
export function schemaOf(fields: Parameters<typeof z.fromJSONSchema>[0]): z.ZodObject {
  const made = z.fromJSONSchema(fields);
  if (!(made instanceof z.ZodObject)) throw new Error('its fields are no z.object');
  // Unknown names are left out, as the schema of a built-in method does.
  return z.object(made.shape);
}
