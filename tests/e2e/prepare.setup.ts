import { test as setup, expect } from '@playwright/test';
import { rmSync } from 'node:fs';
import { WebSocket } from 'ws';
import { SOCKET_PROTOCOLS, wireMessage } from '../../src-main/workbench/contract/contract.ts';
import { serve } from './launch.ts';
import { FINISHED_FOLDER } from './places.ts';

/** Runs the quick study once, without an interface; every test that reads results works on a copy of this folder. */
setup('a finished quick study', async () => {
  rmSync(FINISHED_FOLDER, { recursive: true, force: true });
  const served = await serve(FINISHED_FOLDER);
  try {
    const { origin, host, searchParams } = new URL(served.url);
    const protocols = [...Object.values(SOCKET_PROTOCOLS), searchParams.get('token') ?? ''];
    const socket = new WebSocket(`ws://${host}/ws`, protocols, { headers: { origin } });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve).once('error', reject);
    });
    const state = new Promise<string>((resolve, reject) => {
      socket.on('message', (data) => {
        const message = wireMessage.parse(JSON.parse(data.toString()));
        if (message.kind === 'error') reject(new Error(message.failure.message));
        if (
          message.kind === 'event' &&
          message.event.kind === 'study' &&
          ['done', 'failed', 'cancelled'].includes(message.event.study.state)
        )
          resolve(message.event.study.state);
      });
      socket.once('close', () => reject(new Error(`the connection closed:\n${served.output()}`)));
    });
    socket.send(JSON.stringify({ id: 1, operation: 'study.quick', input: {} }));
    expect(await state).toBe('done');
    socket.terminate();
  } finally {
    await served.stop();
  }
});
