import type { ArtifactWriter, Rejection } from '@lockstep/model';
import { FILES } from './corpus-files.ts';
import type { Entry } from './sorted-entries.ts';
import type { StageContext } from './stage-context.ts';

export interface RejectsFile {
  add(where: { readonly index: number; readonly line: number } | Entry, rejection: Rejection): Promise<void>;
  count(): number;
  close(): Promise<void>;
  discard(): Promise<void>;
}

/** Rejects that are told one by one; the file has all. */
const TOLD = 20;

/** The rejects file: where a record stood, its id where it could be read, the field and the reason; never its text. */
export async function createRejectsFile({ artifacts, logger }: StageContext): Promise<RejectsFile> {
  const writer: ArtifactWriter = await artifacts.write(FILES.rejects);
  let count = 0;
  return {
    async add(where, { code, field, message, chunkId }) {
      const line = 'inputLine' in where ? where.inputLine : where.line;
      const { index } = where;
      await writer.write(`${JSON.stringify({ index, line, chunk_id: chunkId ?? null, code, field, message })}\n`);
      count += 1;
      if (count <= TOLD) logger.warn('record-rejected', { index, line, chunkId, code, field, message });
      if (count === TOLD + 1) logger.warn('more-records-rejected', { file: FILES.rejects });
    },
    count: () => count,
    close: () => writer.close(),
    discard: () => writer.discard(),
  };
}
