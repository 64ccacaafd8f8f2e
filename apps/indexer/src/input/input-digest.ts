import { inputDigestOf } from '@lockstep/pipeline';
import { inputFilesDigest } from '../runtime/input-file.ts';
import type { Input } from './input-parts.ts';

/**
 * Digest of an input without reading any address: of one without a SHA-256 the content is not known, and Nx does not cache
 * what is made of it. For files it is the digest of their content.
 */
export async function digestWithoutDownloads({ parts }: Input, signal: AbortSignal): Promise<string> {
  const digests: string[] = [];
  for (const part of parts) {
    if (part.kind === 'file') digests.push(await inputFilesDigest([part], signal));
    else digests.push(part.kind === 'address' ? (part.sha256 ?? 'not known') : '');
  }
  return inputDigestOf(digests);
}

/** Digest of an input as it is now; null where a part of it cannot be read again: stdin, or an address without a SHA-256. */
export async function digestNow(input: Input, signal: AbortSignal): Promise<string | null> {
  const isReadable = input.parts.every((part) => part.kind === 'file' || (part.kind === 'address' && part.sha256));
  return isReadable ? digestWithoutDownloads(input, signal) : null;
}
