import { EngineError } from '../../types.ts';

/** @throws EngineError where inputs or outputs cannot be cut into so many equal groups. */
export function checkGroups(name: string, groups: number, inputs: number, outputs: number): void {
  if (inputs % groups !== 0 || outputs % groups !== 0)
    throw new EngineError(
      `The packed layer ${name} cuts ${inputs} inputs and ${outputs} outputs into ${groups} groups, which leaves a rest.`,
    );
}
