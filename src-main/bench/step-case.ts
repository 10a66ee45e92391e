import type { BackendName, OptimiserSpec } from '../engine/types.ts';
import type { NetworkSpec } from '../engine/networks/specification.ts';

/** One way of training one network, for `children/engine-steps.ts`. */
export interface StepCase {
  readonly network: NetworkSpec;
  readonly optimiser: OptimiserSpec;
  readonly batch: number;
  /** Training rows, whole batches. */
  readonly rows: number;
  readonly backend: BackendName;
  /**
   * `eager`: operation by operation; `compiled`: a recorded step in each call; `repeated`: as many as a trial puts into
   * one.
   */
  readonly way: 'eager' | 'compiled' | 'repeated';
}

/** The command line of the child: the benchmark speaks to itself here, so that only the form is looked at. */
export function stepCaseArgument(stepCase: StepCase): string {
  return JSON.stringify(stepCase);
}

/** Throws when the argument is no case. */
export function parseStepCase(argument: string | undefined): StepCase {
  const given: unknown = JSON.parse(argument ?? 'null');
  if (!isStepCase(given)) throw new Error('usage: engine-steps.ts <a StepCase as JSON>; `npm run bench` starts it.');
  return given;
}

function isStepCase(given: unknown): given is StepCase {
  return (
    typeof given === 'object' &&
    given !== null &&
    ['network', 'optimiser', 'batch', 'rows', 'backend', 'way'].every((name) => name in given)
  );
}
