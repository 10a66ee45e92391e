import type { Program } from './program.ts';

/** How TensorFlow names nodes of its graph in a message. */
const MARKERS = /\s*\[\[\{\{node [^}]*\}\}\]\]|\{\{function_node [^}]*\}\}\s*/g;
/** A node of a recorded step as `emitProgram` names it: which repetition, which instruction. */
const NODE = /\{\{node [^}/]*\/r(\d+)\/n(\d+)/;

/**
 * What TensorFlow says about a failed call, in the step's own words: the step's name, the operation with its
 * variables, and which of the call's steps it was. Where the message names no node of the step, it stands alone.
 */
export function stepFailure(step: string, program: Program, message: string): string {
  const text = message.replaceAll(MARKERS, '').trim();
  const place = NODE.exec(message);
  const instruction = place === null ? undefined : program.instructions[Number(place[2])];
  if (place === null || instruction === undefined) return `Step ${step} failed: ${text}`;
  const variables = instruction.inputs.flatMap((operand) => ('handle' in operand ? [operand.handle.name] : []));
  return (
    `Step ${step} failed: ${text} (operation ` +
    `${instruction.op}${variables.length === 0 ? '' : ` on ${variables.join(', ')}`}, step ` +
    `${Number(place[1]) + 1} of the call)`
  );
}
