/**
 * Makes all files that this process creates from now on readable by their owner only, those of the embedded engines
 * too. On a platform without file modes, or without `umask` (Deno), only the modes hold that a writer sets itself.
 */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}
