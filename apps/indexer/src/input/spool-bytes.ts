import { createHash } from 'node:crypto';
import { DISK } from '@lockstep/embedding-cache';

/**
 * Writes bytes that can be read only once to a file that only this user may read. Returns how many there are, and their
 * SHA-256 in hex. Fails with `disk-failed`, and as the bytes fail.
 */
export async function spoolBytes(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let count = 0;
  const file = DISK.open(path, 'w');
  try {
    for await (const block of bytes) {
      hash.update(block);
      DISK.write(file, block);
      count += block.length;
    }
  } finally {
    DISK.close(file);
  }
  return { bytes: count, sha256: hash.digest('hex') };
}
