import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DISK } from '@lockstep/embedding-cache';
import { IndexingError } from '@lockstep/model';
import { printable } from '../terminal/printable.ts';

/** Fails with `usage` where a report cannot stand, before anything is collected for it. */
export function checkReportPath(path: string): void {
  const place = statSync(path, { throwIfNoEntry: false });
  if (place !== undefined && !place.isFile()) throw cannotStand(path, 'there is something else than a file');
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw cannotStand(path, 'there is no such folder');
  }
}

/** Writes a report in one step: a reader finds the one before or this one, whole. Its owner alone can read it. */
export function writeReport(path: string, html: string): number {
  const bytes = Buffer.from(html);
  const temporary = `${path}.${process.pid}.unfinished`;
  try {
    const file = DISK.open(temporary, 'w');
    DISK.write(file, bytes);
    DISK.close(file);
    DISK.rename(temporary, path);
  } catch (error) {
    DISK.remove(temporary);
    throw error;
  }
  return bytes.length;
}

function cannotStand(path: string, why: string): IndexingError {
  const message = `--out: expected a file in a folder that exists, found ${printable(path)}: ${why}.`;
  return new IndexingError({ code: 'usage', message });
}
