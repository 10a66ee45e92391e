import { SOCKET_PROTOCOLS } from '../workbench/contract/contract.ts';

/**
 * A script for a page of the running interface that asks an operation of the contract as the interface itself does, and
 * resolves with its output. Throws there with the failure's sentence. For the benchmark and the end-to-end tests, which
 * must not know of any other way in.
 */
export function pageCall(shell: 'electron' | 'browser', operation: string, input: unknown): string {
  if (shell === 'electron')
    return (
      `window.touchstone.call(${JSON.stringify(operation)}, ${JSON.stringify(input)}).then((answer) => ` +
      '{ if (answer.ok) return answer.output; throw new Error(answer.failure.message); })'
    );
  return `new Promise((resolve, reject) => {
    const socket = new WebSocket('ws://' + location.host + '/ws', ${JSON.stringify(Object.values(SOCKET_PROTOCOLS))}.concat(sessionStorage.getItem('touchstone.token')));
    socket.onopen = () => socket.send(${JSON.stringify(JSON.stringify({ id: 1, operation, input }))});
    socket.onerror = () => reject(new Error('no connection'));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.kind === 'event') return;
      socket.close();
      if (message.kind === 'reply') resolve(message.output); else reject(new Error(message.failure.message));
    };
  })`;
}
