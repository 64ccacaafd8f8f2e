import type { Artifacts } from '@lockstep/model';
import { createLineSorter } from '../files/line-sorter.ts';
import type { Change, StoredState } from './changes.ts';

/** Of an added and a deleted chunk of one text the added one sorts first. */
const ADDED = 'a';
const DELETED = 'd';

/**
 * How many of the chunks that a plan deletes have the text of one that it adds; each added one counts once. An export
 * that gives each chunk a new id is such a plan. Memory does not grow with the corpus.
 */
export async function countSameTexts(artifacts: Artifacts, plan: AsyncIterable<Change<StoredState>>): Promise<number> {
  const scratch = await artifacts.scratch();
  try {
    const keys = createLineSorter(scratch);
    for await (const change of plan) {
      if (change.kind === 'add') await keys.add(`${change.wanted.embeddingKey} ${ADDED}`);
      else if (change.kind === 'delete') await keys.add(`${change.actual.embeddingKey} ${DELETED}`);
    }
    let same = 0;
    let key: string | undefined;
    let added = 0;
    for await (const line of keys.sorted()) {
      const [ownKey, kind] = line.split(' ');
      if (ownKey !== key) added = 0;
      key = ownKey;
      if (kind === ADDED) added += 1;
      else if (added > 0) {
        added -= 1;
        same += 1;
      }
    }
    return same;
  } finally {
    await scratch.dispose();
  }
}
