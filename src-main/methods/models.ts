import type { Network, NetworkSpec } from '../engine/networks/specification.ts';
import type { NetworkValues, Variables } from '../engine/types.ts';

/** Named tensors that a phase may train: a model, or variables of a method's own. */
export interface Trainable {
  /** Distinct within a trial; without "/". */
  readonly name: string;
  readonly parameters: Variables;
  /** Its own learning rate; that of the phase unless told. */
  readonly rate?: number;
}

/** A network of a trial with its values: what it is and what it holds are in every checkpoint. */
export interface Model extends Trainable {
  readonly network: Network;
  /** Batch-norm statistics. */
  readonly statistics: Variables;
}

export const isModel = (of: Trainable): of is Model => 'network' in of;

/** The values that a network starts with. */
export type Start = (network: Network) => NetworkValues;

/**
 * The networks of one trial. All of them are registered: checkpoints carry their specifications, their values and the
 * slots of their optimisers. When a trial resumes, those of its checkpoint are there before the method is made. So a
 * method asks for a model by name wherever it needs it, and keeps none from stage to stage.
 */
export interface Models {
  /**
   * The model of this name. Where there is none it is made: the suite's network unless `spec` says another, with the
   * initial values of the stream `init/<name>` unless `start` gives others.
   *
   * @throws Error when there is one with another specification.
   */
  open(name: string, spec?: NetworkSpec, start?: Start): Model;
  /** Whether a model of this name is open. */
  has(name: string): boolean;
  /** The values of `model` as they are now, under another name; a model of that name is overwritten. */
  copy(model: Model, name: string): Promise<Model>;
  /**
   * Gives the model another specification. A tensor of a name that both have keeps its values in the part that both
   * have: the first so many of every axis. The rest comes from `fill`. Slots of its optimiser are kept likewise with
   * zeros for the rest, or forgotten where `slots` is `new`.
   */
  reshape(model: Model, next: NetworkSpec, fill: Start, slots?: 'kept' | 'new'): Promise<Model>;
  /** Frees the model and the slots of its optimiser; later checkpoints are without it. */
  release(model: Model): void;
  /** Grows whenever a model is made, reshaped or released: steps that were compiled before are compiled again. */
  readonly generation: number;
}

/** Where an optimiser keeps what it knows of one trainable: `optimiser/<name>/<slot>/<parameter>`. */
export const slotsOf = (name: string): string => `optimiser/${name}`;
