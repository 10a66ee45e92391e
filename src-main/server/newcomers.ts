import type { Socket } from 'node:net';

/**
 * Connections that have not shown the token. There is room for a few: when it is full the oldest one goes, so that
 * half-open connections of a stranger use up neither the process's files nor the places of a person's browser, whose
 * requests are short.
 */
export class Newcomers {
  readonly #room: number;
  /** In the order in which they came. */
  readonly #sockets = new Set<Socket>();

  constructor(room: number) {
    this.#room = room;
  }

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const [oldest] = this.#sockets;
    if (this.#sockets.size > this.#room && oldest !== undefined) {
      this.#sockets.delete(oldest);
      oldest.destroy();
    }
  }

  /** Forgets a connection that has shown the token. */
  remove(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}
