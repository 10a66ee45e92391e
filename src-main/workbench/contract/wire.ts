import { z } from 'zod';
import { workbenchFailure } from './errors.ts';
import { workbenchEvent } from './events.ts';

/** What travels on every wire. */

/**
 * A browser opens its WebSocket with these two subprotocols and the token of the run as a third. So the token reaches
 * this port only (a cookie would reach every port), and nobody has a socket before showing it. The server takes the
 * first one, or the second where the token is not that of the run: such a socket is only there to say so, because a
 * page cannot read the answer to a refused upgrade.
 */
export const SOCKET_PROTOCOLS = { signedIn: 'touchstone', signedOut: 'touchstone.sign-in' } as const;
/** Code with which the loopback shell closes the socket of a page that has not the token of this run. */
export const NOT_SIGNED_IN = 4401;

/** Envelope on every wire (IPC, WebSocket, local socket, worker-free): one request, one reply, plus events. */
export const wireRequest = z.object({ id: z.number(), operation: z.string(), input: z.unknown() });
export const wireMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('reply'), id: z.number(), output: z.unknown() }),
  z.object({ kind: z.literal('error'), id: z.number(), failure: workbenchFailure }),
  z.object({ kind: z.literal('event'), event: workbenchEvent }),
]);
export type WireRequest = z.infer<typeof wireRequest>;
export type WireMessage = z.infer<typeof wireMessage>;
