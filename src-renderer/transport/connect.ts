import type { WorkbenchClient } from '../../src-main/workbench/contract.ts';
import { electronClient } from './electron.ts';
import { browserSocket, socketClient } from './websocket.ts';

/** The client of the shell that this page runs in. Nothing above this file knows which. */
export async function connect(): Promise<WorkbenchClient> {
  if (window.touchstone !== undefined) return electronClient(window.touchstone);
  return socketClient({
    open: browserSocket,
    later: (run, milliseconds) => {
      setTimeout(run, milliseconds);
    },
  });
}
