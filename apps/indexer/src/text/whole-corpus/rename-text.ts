import type { StoreName } from '@lockstep/model';
import type { RenameCheck, RenameNames, RenameReceipt } from '@lockstep/pipeline';
import { storedCount } from '../stored-count.ts';

type Targets = Readonly<Record<StoreName, string>>;

/** The `corpus.json` files that have the old name. */
export interface RenameHints {
  readonly oldFile: string | undefined;
}

/** What a rename would do, as a phrase after "would". */
export function renameWork({ from, to }: RenameNames, { step, points, rows }: RenameCheck, targets: Targets): string {
  const what = `${storedCount('qdrant', points)} of ${targets.qdrant} and ${storedCount('neon', rows)} of ${targets.neon}`;
  if (step === 'done') return `do nothing: ${from} was renamed ${to}`;
  if (step === 'delete')
    return `delete ${what}, what an earlier rename left of ${from} after it had copied all of it to ${to}`;
  return `copy ${what}, all of ${from}, to ${to}, and then delete them under the old name`;
}

/** What a rename did, and what is to be changed in the workspace. */
export function renameText(
  { from, corpus, step, copied, deleted, targets }: RenameReceipt,
  { oldFile }: RenameHints,
): string {
  const moved =
    step === 'copy'
      ? `${storedCount('qdrant', copied.qdrant)} of ${targets.qdrant} and ${storedCount('neon', copied.neon)} of ${targets.neon} moved, nothing embedded`
      : step === 'delete'
        ? `an earlier rename had copied everything; ${storedCount('qdrant', deleted.qdrant)} and ${storedCount('neon', deleted.neon)} deleted under the old name`
        : 'an earlier rename has done everything';
  const lines = [`${from} is now ${corpus}: ${moved}`];
  if (oldFile !== undefined) {
    lines.push(`  ${oldFile} has the old name: set "name": "${corpus}" there, or the next load makes ${from} again.`);
  }
  lines.push(`  Run it from now on with a corpus.json of that name, or with --corpus ${corpus}.`);
  return lines.join('\n');
}
