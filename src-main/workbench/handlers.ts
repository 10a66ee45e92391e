import type { Operation, Output, ParsedInput } from './contract/contract.ts';

/** What answers the operations of the contract; each subject's file gives its part. */
export type Handlers = { readonly [K in Operation]: (input: ParsedInput<K>) => Promise<Output<K>> };
