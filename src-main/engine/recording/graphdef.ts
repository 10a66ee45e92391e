import { createRequire } from 'node:module';
import type { Writer } from 'protobufjs';

const protobuf: typeof import('protobufjs') = createRequire(import.meta.url)('protobufjs/minimal.js');

/** TensorFlow's DataType numbers, as far as graphs here use them. */
export const DATA_TYPES = { float32: 1, int32: 3, uint8: 4, int64: 9, bool: 10 } as const;

/** An attribute of a node: AttrValue of tensorflow/core/framework/attr_value.proto. */
export type Attribute =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'type'; readonly value: number }
  | { readonly kind: 'shape'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'types'; readonly value: readonly number[] }
  | {
      readonly kind: 'tensor';
      readonly dtype: number;
      readonly shape: readonly number[];
      readonly content: Uint8Array;
    };

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const flag = (value: boolean): Attribute => ({ kind: 'bool', value });

/** One operation of a graph. Inputs are `node:output`, control inputs `^node`. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

const tag = (field: number, wire: 0 | 2 | 5): number => (field << 3) | wire;

function writeShape(writer: Writer, shape: readonly number[]): void {
  for (const size of shape) writer.uint32(tag(2, 2)).fork().uint32(tag(1, 0)).int64(size).ldelim();
}

function writeAttribute(writer: Writer, attribute: Attribute): void {
  switch (attribute.kind) {
    case 'string':
      writer.uint32(tag(2, 2)).string(attribute.value);
      break;
    case 'int':
      writer.uint32(tag(3, 0)).int64(attribute.value);
      break;
    case 'float':
      writer.uint32(tag(4, 5)).float(attribute.value);
      break;
    case 'bool':
      writer.uint32(tag(5, 0)).bool(attribute.value);
      break;
    case 'type':
      writer.uint32(tag(6, 0)).int32(attribute.value);
      break;
    case 'shape':
      writer.uint32(tag(7, 2)).fork();
      writeShape(writer, attribute.value);
      writer.ldelim();
      break;
    case 'ints':
      writer.uint32(tag(1, 2)).fork().uint32(tag(3, 2)).fork();
      for (const value of attribute.value) writer.int64(value);
      writer.ldelim().ldelim();
      break;
    case 'floats':
      writer.uint32(tag(1, 2)).fork().uint32(tag(4, 2)).fork();
      for (const value of attribute.value) writer.float(value);
      writer.ldelim().ldelim();
      break;
    case 'types':
      writer.uint32(tag(1, 2)).fork().uint32(tag(6, 2)).fork();
      for (const value of attribute.value) writer.int32(value);
      writer.ldelim().ldelim();
      break;
    case 'tensor':
      writer.uint32(tag(8, 2)).fork().uint32(tag(1, 0)).int32(attribute.dtype).uint32(tag(2, 2)).fork();
      writeShape(writer, attribute.shape);
      writer.ldelim().uint32(tag(4, 2)).bytes(attribute.content).ldelim();
      break;
  }
}

/** The GraphDef's producer version: old enough for every TensorFlow 2, new enough for today's op semantics. */
const PRODUCER = 1395;

/** Serialises nodes as a GraphDef (tensorflow/core/framework/graph.proto). */
export function encodeGraph(nodes: readonly GraphNode[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const node of nodes) {
    writer.uint32(tag(1, 2)).fork().uint32(tag(1, 2)).string(node.name).uint32(tag(2, 2)).string(node.op);
    for (const input of node.inputs) writer.uint32(tag(3, 2)).string(input);
    for (const [name, attribute] of Object.entries(node.attributes)) {
      writer.uint32(tag(5, 2)).fork().uint32(tag(1, 2)).string(name).uint32(tag(2, 2)).fork();
      writeAttribute(writer, attribute);
      writer.ldelim().ldelim();
    }
    writer.ldelim();
  }
  writer.uint32(tag(4, 2)).fork().uint32(tag(1, 0)).int32(PRODUCER).ldelim();
  return writer.finish();
}

export interface SessionOptions {
  readonly intraOp: number;
  /** -1 = the calling thread runs the graph itself: the least overhead per call, and one order of execution. */
  readonly interOp: number;
  /** Whether TensorFlow's graph optimiser goes over what is run. */
  readonly optimised: boolean;
}

/** MemOptType.NO_MEM_OPT and NumIterationsType.ONE of tensorflow/core/protobuf/rewriter_config.proto. */
const NO_MEMORY_OPTIMISER = 1,
  ONE_PASS = 1;

/**
 * Serialises a ConfigProto (tensorflow/core/protobuf/config.proto) with these thread counts and memory growth on GPUs.
 *
 * The graph optimiser goes over a graph once and does not plan memory. That saves a quarter of the first trial's time
 * in a small suite, and changes neither pace nor bits. Without the optimiser, what a call needs is cut out of the
 * graph first (`place_pruned_graph`): planning a call then takes no longer in a session that has many.
 */
export function encodeSessionConfig({ intraOp, interOp, optimised }: SessionOptions): Uint8Array {
  const writer = protobuf.Writer.create()
    .uint32(tag(2, 0))
    .int32(intraOp)
    .uint32(tag(5, 0))
    .int32(interOp)
    .uint32(tag(6, 2))
    .fork()
    .uint32(tag(4, 0))
    .bool(true)
    .ldelim();
  const graphs = writer.uint32(tag(10, 2)).fork();
  if (optimised)
    graphs
      .uint32(tag(10, 2))
      .fork()
      .uint32(tag(4, 0))
      .int32(NO_MEMORY_OPTIMISER)
      .uint32(tag(12, 0))
      .int32(ONE_PASS)
      .ldelim();
  else graphs.uint32(tag(6, 0)).bool(true);
  return graphs.ldelim().finish();
}
