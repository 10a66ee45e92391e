import type { Program } from './program.ts';

/** A step on its way from what was recorded to the graph that is run, for who wants to look at it. */
export interface StepLife {
  readonly name: string;
  /** As the tracer wrote it down. */
  readonly recorded: Program;
  /** The step after each rule, in their order: the last one is what the graph is made from. */
  readonly after: readonly RuleResult[];
  /** Floating-point operations of one step. */
  readonly flops: number;
  /** How many of them a full call runs, one after the other. */
  readonly stepsPerCall: number;
}

export interface RuleResult {
  readonly rule: string;
  readonly program: Program;
}
