import type { WorkbenchClient } from '../../src-main/workbench/contract/contract.ts';
import { electronClient } from './electron.ts';
import { browserTab, SessionToken } from './session-token.ts';
import { browserSocket, socketClient } from './websocket.ts';

/** The client of the shell that this page runs in. Nothing above this file knows which. */
export async function connect(): Promise<WorkbenchClient> {
  if (window.touchstone !== undefined) return electronClient(window.touchstone);
  const tab = browserTab();
  const tokens = new SessionToken(tab);
  await tokens.settled();
  return socketClient({ open: browserSocket, tokens, later: tab.later });
}
