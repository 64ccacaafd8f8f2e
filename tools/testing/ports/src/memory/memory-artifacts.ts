import { IndexingError, type Artifacts, type ArtifactWriter, type Scratch } from '@lockstep/model';

/** Artifacts in memory, which tests can read and change. */
export interface MemoryArtifacts extends Artifacts {
  /** The text of every complete file, by name. Tests may change it. */
  readonly files: Map<string, string>;
  /** Names of the files that were closed or removed, in order. */
  readonly journal: string[];
  /** Writers that are neither closed nor discarded, and scratch places that are not disposed of. */
  leaks(): { readonly writers: number; readonly scratches: number };
  /** Files in all scratch places so far. */
  scratchFiles(): number;
}

/**
 * Creates artifacts for the files of one corpus.
 *
 * @param blockBytes bytes of one block of a read; small ones reveal code that does not expect a split. @default 64 KiB
 */
export function createMemoryArtifacts({
  blockBytes = 64 * 1024,
}: { readonly blockBytes?: number } = {}): MemoryArtifacts {
  const files = new Map<string, string>();
  const journal: string[] = [];
  let writers = 0;
  let scratches = 0;
  let scratchFiles = 0;

  function openWriter(into: Map<string, string>, name: string, closed: () => void): ArtifactWriter {
    let text: string | undefined = '';
    writers += 1;
    const end = (): void => {
      text = undefined;
      writers -= 1;
    };
    return {
      async write(more) {
        if (text === undefined) throw new Error(`${name} is written after its end`);
        text += more;
      },
      async close() {
        if (text === undefined) return;
        into.set(name, text);
        end();
        closed();
      },
      async discard() {
        if (text !== undefined) end();
      },
    };
  }

  async function* readFrom(from: ReadonlyMap<string, string>, name: string): AsyncGenerator<Uint8Array> {
    const text = from.get(name);
    if (text === undefined) throw new IndexingError({ code: 'artifact-missing', message: `There is no ${name}.` });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.subarray(at, at + blockBytes);
  }

  return {
    placeOf: (name) => name,
    files,
    journal,
    leaks: () => ({ writers, scratches }),
    scratchFiles: () => scratchFiles,
    read: (name) => readFrom(files, name),
    write: async (name) => openWriter(files, name, () => journal.push(`wrote ${name}`)),
    async remove(name) {
      if (files.delete(name)) journal.push(`removed ${name}`);
    },
    async scratch(): Promise<Scratch> {
      const own = new Map<string, string>();
      scratches += 1;
      return {
        write: async (name) => openWriter(own, name, () => (scratchFiles += 1)),
        read: (name) => readFrom(own, name),
        async dispose() {
          own.clear();
          scratches -= 1;
        },
      };
    },
  };
}
