import { useCodeCache } from '../base/code-cache.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { WireMessage } from './contract/contract.ts';
import { dataFolder } from './data-folder.ts';
import { openWorkbench } from './open.ts';
import { answerRequest } from './wire.ts';

/**
 * The Workbench as a process of its own, forked by a shell (Electron's main): envelopes of the contract over
 * `process.send`. When a command line holds the data folder already, this process relays to it.
 */
const send = (message: WireMessage): void => {
  if (process.connected) process.send?.(message);
};

useCodeCache();
try {
  const opened = await openWorkbench({ dataFolder: dataFolder() });
  opened.client.subscribe((event) => send({ kind: 'event', event }));
  process.on('message', (raw: unknown) => {
    void answerRequest(opened.client, raw).then((message) => {
      if (message !== null) send(message);
    });
  });
  // The Workbench behind a socket is gone: end, so that the shell starts this process again, which then takes the
  // folder itself.
  opened.onGone(() => process.exit(3));
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    // A running trial has written its checkpoints; a last one is worth a moment, not more.
    void opened.close({ graceful: true }).finally(() => process.exit(0));
  };
  process.once('disconnect', end);
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  send({
    kind: 'event',
    event: {
      kind: 'workbench',
      state: 'up',
      message:
        opened.how === 'socket' ? 'Connected to the Touchstone that holds this data folder.' : 'The Workbench is up.',
    },
  });
} catch (error) {
  const failure = error instanceof WorkbenchError ? error.failure : null;
  process.stderr.write(
    `${failure === null ? String(error) : `${failure.message}${failure.remedy === null ? '' : ` ${failure.remedy}`}`}\n`,
  );
  process.exit(1);
}
