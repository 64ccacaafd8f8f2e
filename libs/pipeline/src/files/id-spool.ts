import type { Artifacts, ArtifactWriter, Scratch } from '@lockstep/model';
import { linesOf } from './lines.ts';

/** A list of ids on disk, so that memory does not grow with their number. */
export interface IdSpool {
  add(id: string): Promise<void>;
  /** Each id, in the order in which they were added. Call once, after the last `add`. */
  ids(): AsyncGenerator<string>;
  /** Deletes the file, if there is one. */
  dispose(): Promise<void>;
}

const FILE = 'ids';

/** Creates a spool; its file is created with the first id. */
export function createIdSpool(artifacts: Artifacts): IdSpool {
  let opened: { readonly scratch: Scratch; readonly writer: ArtifactWriter } | undefined;
  return {
    async add(id) {
      if (opened === undefined) {
        const scratch = await artifacts.scratch();
        opened = { scratch, writer: await scratch.write(FILE) };
      }
      await opened.writer.write(`${id}\n`);
    },
    async *ids() {
      if (opened === undefined) return;
      await opened.writer.close();
      yield* linesOf(opened.scratch.read(FILE));
    },
    async dispose() {
      await opened?.writer.discard();
      await opened?.scratch.dispose();
    },
  };
}
