/** Names of the messages between preload and main. */
export const CHANNELS = {
  call: 'touchstone:call',
  event: 'touchstone:event',
  external: 'touchstone:open-external',
} as const;
