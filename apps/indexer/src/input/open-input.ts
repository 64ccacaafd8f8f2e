import type { Logger, Telemetry } from '@lockstep/model';
import { createGuard } from '@lockstep/resilience';
import type { LocalFile } from '../runtime/input-file.ts';
import type { Temporaries } from '../runtime/temporaries.ts';
import { download } from './download.ts';
import type { Input, InputPart } from './input-parts.ts';
import { spoolBytes } from './spool-bytes.ts';
import { stdinBytes } from './stdin-bytes.ts';

export interface OpenInputOptions {
  readonly temporaries: Temporaries;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** @default NO_TELEMETRY */
  readonly telemetry?: Telemetry | undefined;
}

/** Files that were left out that are named. */
const NAMED_MAX = 5;

/**
 * Waiting for a server of files: the user waits too, and can start again. One attempt takes as long as ten gigabytes take at
 * half a megabyte a second; a server that is silent is given up much earlier.
 */
const GUARD = { attemptsMax: 4, timeoutMs: 6 * 3_600_000, deadlineMs: 12 * 3_600_000 };

/** The files of an input on this disk. */
export interface OpenedInput {
  files(): Promise<readonly LocalFile[]>;
  /** Removes those that are copies. */
  close(): void;
}

/**
 * Brings an input onto this disk when its files are first asked for: what can be read once, stdin and addresses, becomes a
 * temporary file that is read as often as needed.
 */
export function openInput(
  { parts, leftOut }: Input,
  { temporaries, signal, logger, telemetry }: OpenInputOptions,
): OpenedInput {
  const copies: string[] = [];
  const guard = createGuard({
    dependency: 'input',
    logger,
    ...(telemetry === undefined ? {} : { telemetry }),
    ...GUARD,
  });
  let opened: Promise<readonly LocalFile[]> | undefined;

  async function localFile(part: InputPart): Promise<LocalFile> {
    if (part.kind === 'file') return part;
    const path = temporaries.path();
    copies.push(path);
    if (part.kind === 'stdin') await spoolBytes(stdinBytes(signal), path);
    else {
      const { bytes, sha256 } = await download(part, path, { guard, signal });
      logger.info('input-downloaded', { address: part.name, bytes, sha256 });
    }
    return { name: part.name, path };
  }

  async function open(): Promise<readonly LocalFile[]> {
    if (leftOut.length > 0) {
      const files = leftOut.slice(0, NAMED_MAX).join(', ');
      logger.warn('files-left-out', { count: leftOut.length, files, reason: 'not named as files of chunks' });
    }
    const files: LocalFile[] = [];
    for (const part of parts) files.push(await localFile(part));
    return files;
  }

  return {
    files: () => (opened ??= open()),
    close() {
      for (const path of copies) temporaries.remove(path);
    },
  };
}
