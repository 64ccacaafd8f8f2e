import { sha256Hex } from '@lockstep/model';

/** Digest of an input by the SHA-256 of each of its files, in their order; that of one file is the file's own. */
export function inputDigestOf(digests: readonly string[]): string {
  return digests.length === 1 ? (digests[0] as string) : sha256Hex(JSON.stringify(digests));
}
