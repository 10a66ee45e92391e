import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createApi } from '../../../src-main/electron/api.ts';
import type { CallResult } from '../../../src-main/electron/api.ts';
import { relayCall } from '../../../src-main/electron/relay.ts';
import { contract, WorkbenchError } from '../../../src-main/workbench/contract/contract.ts';

const page = { frameUrl: 'app://touchstone/', isTop: true };
const target = () => {
  const requests: { operation: string; input: unknown }[] = [];
  return {
    requests,
    request: (operation: string, input: unknown) => {
      requests.push({ operation, input });
      return Promise.resolve('done');
    },
  };
};

describe('relayCall', () => {
  it('knows exactly the operations of the contract', async () => {
    for (const operation of Object.keys(contract)) {
      const answer = await relayCall(target(), page, [operation, null]);
      // Either it is called, or its own schema says what is missing; it is never unknown.
      if (!answer.ok) expect(answer.failure.message).toContain(`The input of ${operation} is not valid`);
    }
    for (const other of [
      'constructor',
      'toString',
      '__proto__',
      'study',
      'study.get ',
      '',
      'x'.repeat(200),
      7,
      null,
      undefined,
      {},
    ]) {
      const workbench = target();
      expect(await relayCall(workbench, page, [other, {}])).toMatchObject({
        ok: false,
        failure: { kind: 'invalid-input' },
      });
      expect(workbench.requests).toEqual([]);
    }
  });
  it('passes on parsed inputs only', async () => {
    const workbench = target();
    expect(await relayCall(workbench, page, ['system.doctor', { smuggled: 1 }])).toEqual({ ok: true, output: 'done' });
    expect(workbench.requests).toEqual([{ operation: 'system.doctor', input: { speedTest: false } }]);
    expect(await relayCall(workbench, page, ['study.get', { id: 5 }])).toMatchObject({
      ok: false,
      failure: { kind: 'invalid-input' },
    });
    expect(await relayCall(workbench, page, ['study.get', {}, 'extra'])).toMatchObject({
      ok: false,
      failure: { kind: 'invalid-input' },
    });
    expect(await relayCall(workbench, page, [])).toMatchObject({ ok: false, failure: { kind: 'invalid-input' } });
    expect(workbench.requests).toHaveLength(1);
  });
  it('hears our page only', async () => {
    const workbench = target();
    for (const sender of [
      { ...page, isTop: false },
      { ...page, frameUrl: 'https://example.org/' },
      { ...page, frameUrl: undefined },
    ]) {
      expect(await relayCall(workbench, sender, ['study.list', {}])).toMatchObject({
        ok: false,
        failure: { kind: 'refused' },
      });
    }
    expect(workbench.requests).toEqual([]);
  });
  it('returns failures as values', async () => {
    const failure = { kind: 'data', message: 'No file.', remedy: 'Import it.', details: null } as const;
    expect(
      await relayCall({ request: () => Promise.reject(new WorkbenchError(failure)) }, page, ['data.list', {}]),
    ).toEqual({ ok: false, failure });
    expect(
      await relayCall({ request: () => Promise.reject(new Error('boom')) }, page, ['data.list', {}]),
    ).toMatchObject({ ok: false, failure: { kind: 'internal', details: 'Error: boom' } });
  });
});

describe('the page’s surface', () => {
  const ipc = () => {
    const handlers: ((event: unknown, ...args: unknown[]) => void)[] = [];
    const invoked: unknown[][] = [];
    return {
      handlers,
      invoked,
      invoke: (...args: unknown[]): Promise<CallResult> => {
        invoked.push(args);
        return Promise.resolve({ ok: true, output: 1 });
      },
      on: (_channel: string, handler: (event: unknown, ...args: unknown[]) => void) => handlers.push(handler),
    };
  };
  it('is call, subscribe and platform, and nothing else', async () => {
    const electron = ipc();
    const api = createApi(electron, 'linux');
    expect(Object.keys(api).sort()).toEqual(['call', 'platform', 'subscribe']);
    expect(await api.call('study.list', {})).toEqual({ ok: true, output: 1 });
    expect(electron.invoked).toEqual([['touchstone:call', 'study.list', {}]]);
  });
  it('gives listeners the event, never Electron’s own event object, and lets them leave', () => {
    const electron = ipc();
    const api = createApi(electron, 'linux');
    const heard: unknown[][] = [];
    const listener = (...args: unknown[]) => {
      heard.push(args);
    };
    const leave = [api.subscribe(listener), api.subscribe(listener)];
    electron.handlers[0]?.({ sender: 'secret' }, { kind: 'study-deleted' }, 'more');
    leave[0]?.();
    electron.handlers[0]?.({ sender: 'secret' }, { kind: 'study' });
    leave[1]?.();
    electron.handlers[0]?.({ sender: 'secret' }, { kind: 'trial' });
    expect(heard).toEqual([[{ kind: 'study-deleted' }], [{ kind: 'study-deleted' }], [{ kind: 'study' }]]);
    expect(electron.handlers).toHaveLength(1);
  });
  it('is exposed once, by a preload that imports nothing but Electron and its own files', () => {
    const source = readFileSync(path.join(import.meta.dirname, '../../../src-main/electron/preload.ts'), 'utf8');
    expect(source.match(/exposeInMainWorld\(/g)).toHaveLength(1);
    expect([...source.matchAll(/from '([^']+)'/g)].map((match) => match[1])).toEqual([
      'electron',
      './api.ts',
      './channels.ts',
      './links.ts',
      './links.ts',
    ]);
  });
});
