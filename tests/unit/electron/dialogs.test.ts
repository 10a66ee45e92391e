import { describe, expect, it } from 'vitest';
import { withDialogs } from '../../../src-main/electron/dialogs.ts';
import { relayCall } from '../../../src-main/electron/relay.ts';

const page = { frameUrl: 'app://touchstone/', isTop: true };

describe('the dialogs of the desktop window', () => {
  const parts = (path: string | null) => {
    const asked: string[] = [];
    const requests: string[] = [];
    const workbench = {
      request: (operation: string) => {
        requests.push(operation);
        return Promise.resolve('done');
      },
    };
    const target = withDialogs(workbench, async (what) => {
      asked.push(what);
      return path;
    });
    return { asked, requests, target };
  };

  it('are opened by the shell; the Workbench hears nothing of them and everything else', async () => {
    const { asked, requests, target } = parts('/home/ada/table.csv');
    expect(await relayCall(target, page, ['window.choose', { what: 'file' }])).toEqual({
      ok: true,
      output: { path: '/home/ada/table.csv' },
    });
    expect(await relayCall(target, page, ['data.list', {}])).toEqual({ ok: true, output: 'done' });
    expect([asked, requests]).toEqual([['file'], ['data.list']]);
    expect(await relayCall(parts(null).target, page, ['window.choose', { what: 'folder' }])).toEqual({
      ok: true,
      output: { path: null },
    });
  });

  it('open for our own page only, and for nothing but a file or a folder', async () => {
    const { asked, target } = parts('/etc/passwd');
    for (const sender of [
      { frameUrl: 'https://example.org/', isTop: true },
      { frameUrl: 'app://touchstone/', isTop: false },
      { frameUrl: undefined, isTop: true },
    ])
      expect(await relayCall(target, sender, ['window.choose', { what: 'file' }])).toMatchObject({ ok: false });
    for (const input of [{}, { what: 'device' }, { what: ['file'] }, 'file'])
      expect(await relayCall(target, page, ['window.choose', input])).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
  });
});
