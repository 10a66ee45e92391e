import type { z } from 'zod';
import type { Permit, Protocol, TrialContext } from '../contract.ts';
import type { MethodHeader, ValuesOf } from '../define.ts';
import { IidProtocol, permittedParts } from '../training/contract.ts';
import type { IidProtocolParts, ResidentSplit, TrainingHooks } from '../training/contract.ts';

/** What a probe may see: the training rows, and at any step the test rows with their labels. */
export interface ProbeParts extends IidProtocolParts {
  readonly test: () => ResidentSplit;
}

/**
 * One training set, one test set and one budget, handed out for an experiment whose outcome is curves. No other kind of
 * suite hands out test labels.
 */
export class ProbeProtocol extends IidProtocol {
  readonly probe: ProbeParts;

  constructor(probe: ProbeParts) {
    super('probe', probe);
    this.probe = probe;
  }

  override permitted(permit: Permit): Protocol {
    return new ProbeProtocol(permittedParts(this.probe, permit));
  }
}

/** @throws Error when the trial's suite is no probe. */
export function probeProtocol({ protocol }: TrialContext): ProbeParts {
  if (protocol instanceof ProbeProtocol) return protocol.probe;
  throw new Error(`This method needs a probe; it was given a protocol of the kind ${protocol.kind}.`);
}

/** A training experiment: how it trains, and in `endEpoch` what it measures. */
export interface ProbeDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  hooks(hyperParameters: ValuesOf<S>, probe: ProbeParts, context: TrialContext): TrainingHooks;
}
