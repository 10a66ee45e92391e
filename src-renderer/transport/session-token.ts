import { z } from 'zod';

/** Name in this tab's storage, which no other tab, port or program sees. */
const STORED = 'touchstone.token';
const CHANNEL = 'touchstone.token';
/** How long another tab may take to answer. */
const OTHER_TABS_MS = 200;

const tabMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('asked') }),
  z.object({ kind: z.literal('token'), token: z.string() }),
]);

/** What of the browser is used; tests pass their own. */
export interface TabLike {
  readonly location: Pick<Location, 'href'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly channel: {
    postMessage(message: unknown): void;
    onmessage: ((event: { readonly data: unknown }) => void) | null;
  };
  readonly later: (run: () => void, milliseconds: number) => void;
}

/**
 * The token of the run that this page belongs to. It comes with the address that Touchstone printed and leaves it at
 * once, so that it is neither shared with a link nor kept in the history; then it lives in the tab's session storage,
 * which survives a reload. A tab that was opened by a link without it asks the other tabs of the same address, and a
 * tab that gets a new one tells them.
 */
export class SessionToken {
  #token: string | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #tab: TabLike;

  constructor(tab: TabLike) {
    this.#tab = tab;
    const address = new URL(tab.location.href);
    const given = address.searchParams.get('token');
    if (given !== null) {
      address.searchParams.delete('token');
      tab.history.replaceState(null, '', address.href);
    }
    this.#token = given ?? stored(tab.storage);
    if (given !== null) this.#take(given);
    tab.channel.onmessage = ({ data }) => {
      const message = tabMessage.safeParse(data);
      if (!message.success) return;
      if (message.data.kind === 'token') this.#hear(message.data.token);
      else if (this.#token !== null) tab.channel.postMessage({ kind: 'token', token: this.#token });
    };
    if (given !== null) tab.channel.postMessage({ kind: 'token', token: given });
  }

  current(): string | null {
    return this.#token;
  }

  /** Calls `listener` whenever another tab names another token. */
  onNew(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Waits a moment for another tab's token where this one has none. */
  async settled(): Promise<void> {
    if (this.#token !== null) return;
    await new Promise<void>((resolve) => {
      this.onNew(resolve);
      this.#tab.later(resolve, OTHER_TABS_MS);
      this.#tab.channel.postMessage({ kind: 'asked' });
    });
  }

  #hear(token: string): void {
    if (token === this.#token) return;
    this.#take(token);
    for (const listener of this.#listeners) listener();
  }

  #take(token: string): void {
    this.#token = token;
    try {
      this.#tab.storage.setItem(STORED, token);
    } catch {
      // Storage is denied: the page works until it is reloaded.
    }
  }
}

function stored(storage: TabLike['storage']): string | null {
  try {
    return storage.getItem(STORED);
  } catch {
    return null;
  }
}

/** This tab. */
export const browserTab = (): TabLike => {
  const channel = new BroadcastChannel(CHANNEL);
  const like: TabLike['channel'] = { postMessage: (message) => channel.postMessage(message), onmessage: null };
  channel.onmessage = ({ data }: MessageEvent<unknown>) => like.onmessage?.({ data });
  return {
    location,
    history,
    storage: sessionStorage,
    channel: like,
    later: (run, milliseconds) => {
      setTimeout(run, milliseconds);
    },
  };
};
