import type { MethodRegistry } from '../methods/registry.ts';
import { configurationParts, shortSource } from '../results/identity.ts';

/** A cell as far as it says by which version of a method's file it was measured. */
interface Measured {
  readonly method: string;
  readonly configuration: string;
}

/**
 * The version of an own method's file that a cell was measured with, where the file is no longer that: such results are kept and shown in
 * their study, but never averaged with those of the file as it is now. Null for what is current, or cannot be told.
 */
export function supersededBy(methods: MethodRegistry, { method, configuration }: Measured): string | null {
  const present = methods.methods.get(method)?.method;
  if (present?.source === undefined) return null;
  const { source: part, origin } = configurationParts(configuration);
  // Imported results are of whatever file was there.
  if (origin !== null) return null;
  // Measured before files had a part in what results are filed under.
  if (part === null) return 'before';
  // Where another file's artefacts were used, the part covers that file too.
  return present.artefacts !== undefined || part === shortSource(present.source) ? null : part;
}
