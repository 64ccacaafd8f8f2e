import type { DeleteMode } from '@lockstep/model';
import type { ValidateReceipt } from '@lockstep/pipeline';

/** A warning where chunks are to be deleted by their document and none has one; nothing otherwise. */
export function documentsText({ corpus, accepted, documents }: ValidateReceipt, deletes: DeleteMode): string[] {
  if (deletes !== 'document' || documents === undefined || documents.chunks > 0 || accepted === 0) return [];
  const advice =
    documents.path === null
      ? 'name the path of the document with fields.document in corpus.json, or set "deletes": "full"'
      : `add to corpus.json "fields": { "document": ${JSON.stringify(documents.path)} }, or pass --document ${documents.path}`;
  return [
    `${corpus} WARNING: deletes is "document" and no chunk has a document, so that chunks which leave the input are never deleted; ${advice}`,
  ];
}
