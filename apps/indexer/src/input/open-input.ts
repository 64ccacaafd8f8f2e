import type { Logger } from '@lockstep/model';
import type { LocalFile } from '../runtime/input-file.ts';
import type { Temporaries } from '../runtime/temporaries.ts';
import type { Input, InputPart } from './input-parts.ts';

export interface OpenInputOptions {
  readonly temporaries: Temporaries;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Files that were left out that are named. */
const NAMED_MAX = 5;

/** The files of an input on this disk. */
export interface OpenedInput {
  files(): Promise<readonly LocalFile[]>;
  close(): void;
}

/** Brings an input onto this disk when its files are first asked for. */
export function openInput({ parts, leftOut }: Input, { logger }: OpenInputOptions): OpenedInput {
  let opened: Promise<readonly LocalFile[]> | undefined;

  async function open(): Promise<readonly LocalFile[]> {
    if (leftOut.length > 0) {
      const files = leftOut.slice(0, NAMED_MAX).join(', ');
      logger.warn('files-left-out', { count: leftOut.length, files, reason: 'not named as files of chunks' });
    }
    return filesOf(parts);
  }

  return { files: () => (opened ??= open()), close() {} };
}

/** The parts that are files. */
export function filesOf(parts: readonly InputPart[]): readonly LocalFile[] {
  return parts.flatMap((part) => (part.kind === 'file' ? [part] : []));
}
