/**
 * From now on, only the owner reads what this process writes, whatever in it writes: engines make files of their own.
 * Where a platform has no modes, or no way to say so (Deno), only the modes hold that a writer asks for itself.
 */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}
