import type { Edit } from './actions.ts';
import type { CorpusFile } from './wants.ts';

/** A file after some edits. */
export function edited(file: CorpusFile, edits: readonly Edit[] = []): CorpusFile {
  const next = new Map(file);
  for (const edit of edits) {
    const version = next.get(edit.id);
    if (edit.edit === 'add') next.set(edit.id, edit.version);
    else if (edit.edit === 'delete') next.delete(edit.id);
    else if (edit.edit === 'reject') next.set(edit.id, 'unacceptable');
    else if (version === undefined || version === 'unacceptable') continue;
    else if (edit.edit === 'text') next.set(edit.id, { ...version, text: edit.text });
    else if (edit.edit === 'metadata') next.set(edit.id, { ...version, tag: edit.tag });
  }
  return next;
}
