import { contract } from '../workbench/contract/contract.ts';
import type { RelayTarget } from './relay.ts';

/** Opens a dialog of the system and answers the path that the person chose, or null. */
export type Choose = (what: 'file' | 'folder') => Promise<string | null>;

/**
 * The Workbench with the one operation that the shell answers itself: it has the window over which a dialog opens. The
 * page learns a path
 * only when a person chose it.
 */
export function withDialogs(target: RelayTarget, choose: Choose): RelayTarget {
  return {
    async request(operation, input) {
      if (operation !== 'window.choose') return target.request(operation, input);
      const { what } = contract['window.choose'].input.parse(input);
      return { path: await choose(what) };
    },
  };
}
