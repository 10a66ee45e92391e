import { statfsSync } from 'node:fs';

/**
 * File systems shared between machines: NFS, SMB/CIFS, FUSE (sshfs), AFS, Lustre, 9p. WAL's shared memory and locks do
 * not cross them.
 */
const NETWORK_FILE_SYSTEMS = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x5346414f, 0x0bd00bd0, 0x01021997,
]);

/** By the number that `statfs` gives for a file system. */
export function isNetworkFileSystem(type: number): boolean {
  return NETWORK_FILE_SYSTEMS.has(type);
}

/** Whether a folder may be shared with other machines; false where the system does not say. */
export function isOnNetwork(folder: string): boolean {
  try {
    return isNetworkFileSystem(statfsSync(folder).type);
  } catch {
    return false;
  }
}
