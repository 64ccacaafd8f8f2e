import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file or a folder below another folder. */
export interface Below {
  /** Relative to that folder. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Content as one character for each byte; empty for a folder. */
  content(): string;
  /** Whether other users have any permission; false on a platform without file modes. */
  readonly isOpen: boolean;
}

/** All files and folders below a folder, and the folder itself. */
export function filesBelow(folder: string): Below[] {
  const paths = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
  return paths.toSorted().map((path) => {
    const stat = lstatSync(join(folder, path));
    const isFolder = stat.isDirectory();
    const content = () => (isFolder ? '' : readFileSync(join(folder, path), 'latin1'));
    return { path, isFolder, content, isOpen: process.platform !== 'win32' && (stat.mode & 0o077) !== 0 };
  });
}
