import { randomBytes } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { NOT_SIGNED_IN, SOCKET_PROTOCOLS, WorkbenchError } from '../workbench/contract/contract.ts';
import type { WireMessage, WorkbenchClient } from '../workbench/contract/contract.ts';
import { answer } from './answer.ts';
import { EventQueue } from './event-queue.ts';
import { Newcomers } from './newcomers.ts';
import {
  cacheControl,
  judgeRequest,
  judgeUpgrade,
  mediaType,
  resolveStatic,
  securityHeaders,
  withoutToken,
} from './policy.ts';
import type { Door } from './policy.ts';

// Not by an import statement: that evaluates everything `node:http` exports, among it Node's own WebSocket client,
// which takes 50 ms to load.
const { createServer } = process.getBuiltinModule('node:http');

/** Largest message from a browser: an imported JSON report. */
const MESSAGE_LIMIT = 64 * 1024 * 1024;
/** Bytes that may wait in a socket before events start to queue here, where they replace one another. */
const HIGH_WATER = 1024 * 1024;
const PENDING_LIMIT = 256;
const HEARTBEAT_MS = 30_000;
/** Connections without a token at once: a browser needs six for the interface's files. */
const NEWCOMERS = 64;
/** How long a connection may take for a request's head; looked at every second (Node's own interval is 30 s). */
const HEADERS_MS = 10_000;
const CHECK_MS = 1_000;
/** How long a page without the token has to read that it needs another address. */
const FAREWELL_MS = 1_000;

export interface ServerOptions {
  /** The Workbench: in this process, or a transport's client. */
  readonly client: WorkbenchClient;
  /** Folder of the built interface (`out/renderer`). */
  readonly rendererFolder: string;
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** Milliseconds that a connection may take for a request's head: ten seconds unless told. */
  readonly patienceMs?: number;
  /** Lines for the log; the token never appears in them. */
  readonly onLog: (message: string) => void;
}

export interface RunningServer {
  /** Address to open, with its token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The lines after the request line that decide about a request. */
function facts(request: IncomingMessage) {
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    host: request.headers.host,
    origin: request.headers.origin,
    protocols: request.headers['sec-websocket-protocol'],
    hasBody: request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0,
  };
}

/** A sentence as a small page: no script, no style, readable by anything. */
const page = (title: string, message: string): string =>
  '<!doctype html><html lang="en"><meta ' +
  `charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${message}</p></html>`;

/** Everything a WebSocket of one browser tab needs. */
function serveSocket(socket: WebSocket, client: WorkbenchClient): void {
  const events = new EventQueue();
  let pending = 0;
  let alive = true;

  const send = (message: WireMessage, sent?: () => void): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(JSON.stringify(message), () => sent?.());
  };
  const pump = (): void => {
    while (socket.readyState === socket.OPEN && socket.bufferedAmount < HIGH_WATER) {
      const event = events.shift();
      if (event === undefined) return;
      send({ kind: 'event', event }, () => {
        if (events.size > 0) pump();
      });
    }
  };
  const unsubscribe = client.subscribe((event) => {
    events.push(event);
    pump();
  });
  const heartbeat = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, HEARTBEAT_MS);
  heartbeat.unref();
  socket.on('pong', () => {
    alive = true;
  });

  socket.on('message', (data, isBinary) => {
    alive = true;
    if (isBinary) return socket.close(1003, 'text only');
    // A tab that asks this much without reading the answers is broken; closing it is what it can understand.
    if (pending >= PENDING_LIMIT) return socket.close(1013, 'too many requests at once');
    pending += 1;
    void answer(client, data.toString())
      .then((message) => {
        if (message === null) socket.close(1007, 'not a request of the contract');
        else send(message, pump);
      })
      .finally(() => {
        pending -= 1;
      });
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
    events.clear();
  });
}

async function serveFile(response: ServerResponse, root: string, urlPath: string): Promise<void> {
  const file = resolveStatic(root, urlPath);
  if (file === null) return end(response, 404, page('Not found', 'There is nothing at this address.'));
  let bytes: Buffer;
  try {
    // A link inside the folder must not lead out of it.
    const real = await realpath(file);
    if (!real.startsWith((await realpath(root)) + path.sep))
      return end(response, 404, page('Not found', 'There is nothing at this address.'));
    bytes = await readFile(real);
  } catch {
    if (urlPath === '/')
      return end(
        response,
        503,
        page(
          'Interface not built',
          'The interface is missing. Run "npm run build" in the program\'s folder, then reload.',
        ),
      );
    return end(response, 404, page('Not found', 'There is nothing at this address.'));
  }
  response.writeHead(200, {
    'Content-Type': mediaType(file),
    'Content-Length': bytes.byteLength,
    'Cache-Control': cacheControl(urlPath),
  });
  response.end(bytes);
}

function end(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(html);
}

const socketServer = (protocol: string, maxPayload: number): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    maxPayload,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: () => protocol,
  });

/** Tells a page that it needs the address of this run, and waits no longer than a moment for its goodbye. */
function sendAway(socket: WebSocket): void {
  const last = setTimeout(() => socket.terminate(), FAREWELL_MS);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => clearTimeout(last));
  socket.close(NOT_SIGNED_IN, 'open the address that Touchstone printed');
}

function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = Buffer.from(message, 'utf8');
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; ` +
      `charset=utf-8\r\nContent-Length: ${body.byteLength}\r\n\r\n${message}`,
  );
}

/**
 * Serves the interface and the Workbench's contract on 127.0.0.1. Nothing but the loopback address is ever listened on;
 * policy.ts says who is let in. The Workbench is not closed by `close`.
 *
 * @throws WorkbenchError of kind `conflict` when the port is taken, `refused` when the system does not allow it.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const token = randomBytes(32).toString('base64url');
  const log = (message: string): void => options.onLog(withoutToken(message, token));
  const patienceMs = options.patienceMs ?? HEADERS_MS;
  let door: Door = { port: options.port ?? 0, token };

  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      requestTimeout: patienceMs,
      headersTimeout: patienceMs,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: CHECK_MS,
    },
    (request, response) => {
      for (const [name, value] of Object.entries(securityHeaders(door.port))) response.setHeader(name, value);
      const verdict = judgeRequest(facts(request), door);
      if (verdict.kind === 'refuse') {
        log(`refused ${request.method} (${verdict.status}): ${verdict.message}`);
        response.setHeader('Connection', 'close');
        end(response, verdict.status, page('Refused', verdict.message));
        return;
      }
      serveFile(response, options.rendererFolder, verdict.urlPath).catch((error: unknown) => {
        log(`could not answer: ${String(error)}`);
        response.destroy();
      });
    },
  );

  const newcomers = new Newcomers(NEWCOMERS);
  server.on('connection', (socket) => newcomers.add(socket));

  const sockets = socketServer(SOCKET_PROTOCOLS.signedIn, MESSAGE_LIMIT);
  // What a page without the token sends is never read: a control frame is all that it may take of memory.
  const strangers = socketServer(SOCKET_PROTOCOLS.signedOut, 125);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const verdict = judgeUpgrade(facts(request), door);
    if (verdict.kind === 'refuse') {
      log(`refused a WebSocket (${verdict.status}): ${verdict.message}`);
      refuseUpgrade(socket, verdict.status, verdict.message);
      return;
    }
    if (verdict.kind === 'sign-in') {
      log('a page without the token of this run asked for the Workbench');
      strangers.handleUpgrade(request, socket, head, sendAway);
      return;
    }
    newcomers.remove(request.socket);
    sockets.handleUpgrade(request, socket, head, (webSocket) => serveSocket(webSocket, options.client));
  });

  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => reject(listenError(error, options.port ?? 0));
    server.once('error', refused);
    server.listen({ host: '127.0.0.1', port: options.port ?? 0, exclusive: true }, () => {
      server.off('error', refused);
      resolve();
    });
  });
  server.on('error', (error) => log(`server error: ${error.message}`));

  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  door = { port: address.port, token };
  log(`serving on 127.0.0.1:${address.port}`);

  return {
    url: `http://127.0.0.1:${address.port}/?token=${token}`,
    port: address.port,
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'Touchstone is closing');
      for (const socket of strangers.clients) socket.terminate();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeIdleConnections();
      // A tab that does not answer the closing handshake must not keep the program open.
      const last = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, 500);
      await closed;
      clearTimeout(last);
    },
  };
}

function listenError(error: NodeJS.ErrnoException, port: number): WorkbenchError {
  if (error.code === 'EADDRINUSE') {
    return new WorkbenchError({
      kind: 'conflict',
      message: `Port ${port} on 127.0.0.1 is taken by another program.`,
      remedy: 'Choose another one with --port, or leave --port out and any free port is taken.',
      details: error.message,
    });
  }
  return new WorkbenchError({
    kind: 'refused',
    message: `Cannot listen on 127.0.0.1:${port}: ${error.message}.`,
    remedy:
      port > 0 && port < 1024
        ? 'Ports below 1024 need special rights: choose a higher one with --port.'
        : 'Choose another port with --port.',
    details: error.code ?? null,
  });
}
