import { IndexingError } from '@lockstep/model';

/**
 * Loads a part of `@lockstep/embedded`, which whoever uses services of their own need not install. Throws
 * `embedded-missing` if it is not there.
 */
export async function loadEmbedded<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new IndexingError({
      code: 'embedded-missing',
      message: 'Expected the embedded services or your own: @lockstep/embedded is not installed.',
    });
  }
}

/** True if the package itself was not found, and not one that it imports. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') return false;
  return /(package|module) ['"]@lockstep\/embedded(['"/])/i.test(error.message);
}
