import { Protocol } from '../../contract.ts';
import type { ExpertFacts, ExpertsFacts, Permit, SuiteFacts, TrialRequest } from '../../contract.ts';
import { memberSeed } from '../../shared/member-seeds.ts';
import { permittedParts } from '../../training/contract.ts';
import type { IidProtocolParts, ResidentSplit } from '../../training/contract.ts';

/** The name under which merges open the start that all experts share. */
export const START = 'start';

/** A task of a suite of experts: its rows with the budget of one expert, and the head that answers for it. */
export interface ExpertsTask extends IidProtocolParts {
  readonly head: string;
  /** Inputs of its training rows, without labels. */
  trainingInputs(): Pick<ResidentSplit, 'x' | 'rows'>;
  unlabelledTest(): Pick<ResidentSplit, 'x' | 'rows'>;
  /**
   * Its training inputs for the driver of merges alone, which estimates batch-norm statistics whatever a method asks
   * for.
   */
  normInputs(): Pick<ResidentSplit, 'x' | 'rows'>;
}

/** What a start is trained on, and what its frozen heads are made of. */
export interface ExpertsSource {
  /** Labelled training rows of each class of a task; by head, also of tasks that no expert was trained on. */
  shots(head: string): ResidentSplit;
  /** Its rows. Their data sets are opened here, and not with the suite: what is made of a trained start needs none. */
  open(): Promise<SourceRows>;
}

export interface SourceRows extends IidProtocolParts {
  /** The source without what experts are to forget, where there is such a thing. */
  readonly retained: IidProtocolParts | null;
}

export interface ExpertsParts {
  readonly facts: ExpertsFacts;
  /** The tasks that experts were trained on. */
  readonly tasks: readonly ExpertsTask[];
  /** Null where experts start apart. */
  readonly source: ExpertsSource | null;
}

/**
 * Trained networks that a suite declares: who they are, from which start, on which task, with which head. The driver of
 * merges requests them; methods never train them.
 */
export class ExpertsProtocol extends Protocol {
  readonly kind = 'experts';
  readonly parts: ExpertsParts;

  constructor(parts: ExpertsParts) {
    super();
    this.parts = parts;
  }

  permitted(permit: Permit): Protocol {
    const tasks = this.parts.tasks.map((task): ExpertsTask => ({
      ...permittedParts(task, permit),
      trainingInputs: () => {
        permit.need('training-inputs', 'reads training inputs');
        return task.trainingInputs();
      },
      unlabelledTest: () => {
        permit.need('unlabelled-test', 'reads test inputs');
        return task.unlabelledTest();
      },
      train: () => {
        permit.need('all-tasks', 'reads labelled training rows');
        return task.train();
      },
    }));
    return new ExpertsProtocol({ ...this.parts, tasks });
  }
}

/** @throws Error when the trial's suite hands out no experts. */
export function expertsOf({ protocol }: { readonly protocol: Protocol }): ExpertsParts {
  if (protocol instanceof ExpertsProtocol) return protocol.parts;
  throw new Error(`This method needs a suite of experts; it was given a protocol of the kind ${protocol.kind}.`);
}

/** @throws Error when there is no expert of this number. */
export function memberOf({ members }: Pick<ExpertsFacts, 'members'>, index: number): ExpertFacts {
  const found = members[index];
  if (found === undefined)
    throw new Error(`The suite declares ${members.length} experts; there is no expert ${index}.`);
  return found;
}

/** The trials that make what a suite declares: the start, where there is one, and every expert. */
export function expertRequests({ id, experts }: Pick<SuiteFacts, 'id' | 'experts'>, seed: number): TrialRequest[] {
  if (experts === undefined) throw new Error(`The suite ${id} declares no experts.`);
  const { start, members, suite = id } = experts;
  return [
    ...(start === null ? [] : [{ name: START, suite, ...start, seed }]),
    ...members.map(({ name, artefact, method, hyperParameters, member }) => ({
      name,
      ...(artefact === undefined ? {} : { artefact }),
      suite,
      method,
      hyperParameters,
      seed: member === null ? seed : memberSeed(seed, member),
    })),
  ];
}
