import { counted } from '@lockstep/model';
import { marked } from '../terminal/marked.ts';
import { shownTime } from '../terminal/shown-time.ts';
import { printable } from '../terminal/printable.ts';
import type { Difference, VerifyReceipt } from '@lockstep/pipeline';

export interface VerifyTextOptions {
  /** Folder of the files of the corpus, as people can open it. */
  readonly folder: string;
  /** What a command is given to work on the corpus. */
  readonly typed: string;
  /** What the input is called, to say whether it is still what validate read. @default the same run has read it */
  readonly input?: string;
}

/** What a verify compared, by its level. */
export const COMPARED: Readonly<Record<VerifyReceipt['level'], string>> = {
  counts: 'numbers compared',
  ids: 'ids compared',
  content: 'all fields compared',
  vectors: 'fields and vectors compared',
};

/** The outcome of a verification, with the first differences. */
export function verifyText(receipt: VerifyReceipt, { folder, typed, input }: VerifyTextOptions): string {
  const { corpus, ok, overtakenBy, level, counts, refused, held, kept, notComparable, sides } = receipt;
  const numbers = Object.entries(counts)
    .filter(([, count]) => count !== null)
    .map(([side, count]) => `${side} ${count}`);
  if (refused > 0) numbers.push(`${counted(refused, 'text')} refused by the embedding service`);
  if (held > 0) numbers.push(`${held} held`);
  if (kept > 0) numbers.push(`${kept} kept`);
  const lines = [`${corpus} verify: ${markedVerdict(receipt)} (${COMPARED[level]}): ${numbers.join(', ')}`];
  if (notComparable > 0) {
    lines.push(
      `  ${counted(notComparable, 'vector')} not compared: the cache read them from a collection, not from the embedding service`,
    );
  }
  if (input !== undefined) lines.push(...inputText(receipt, input, typed));
  if (ok || receipt.differencesCount === 0) return lines.join('\n');
  lines.push(...receipt.differences.map(differenceText));
  const rest = receipt.differencesCount - receipt.differences.length;
  if (rest > 0) lines.push(`  and ${rest} more`);
  const wrong = Object.entries(sides).filter(([, count]) => count > 0);
  if (overtakenBy !== null) {
    lines.push(
      `  Another run (${overtakenBy}) has taken over the corpus since the last load from here; its input may be another.`,
    );
  }
  const removed = overtakenBy === null ? 'The stamp of each wrong store was removed: load' : 'Load';
  const advice =
    sides.qdrant + sides.neon > 0 ? `${removed} again, or run \`indexer repair ${typed}\`.` : 'Run embed again.';
  lines.push(
    `  Wrong: ${wrong.map(([side, count]) => `${side} ${count}`).join(', ')}; ${folder}/verify.json lists all. ${advice}`,
  );
  return lines.join('\n');
}

/** Names of an input that are repeated as they are; a longer list is not. */
const INPUT_UNITS_MAX = 100;

/** What is known of the input since validate read it; no line where it is still the same. */
function inputText(
  { inputNow, validatedAt, differencesCount }: VerifyReceipt,
  shown: string,
  typed: string,
): readonly string[] {
  const input = shown === '-' ? 'stdin' : shown.length > INPUT_UNITS_MAX ? 'the input' : printable(shown);
  const read = `validate read it ${shownTime(validatedAt)}`;
  if (inputNow === 'not-compared')
    return [`  ${input} was not read again: the stores were compared with it as ${read}`];
  if (inputNow !== 'changed') return [];
  const stores = differencesCount === 0 ? 'the stores hold what was read then' : 'the stores differ from that too';
  return [`  ${input} has changed since ${read}; ${stores}. Load it: \`indexer run ${typed}\`.`];
}

/** The same as `verdictText`, with a mark on a terminal. */
export function markedVerdict(receipt: VerifyReceipt): string {
  return marked(receipt.ok ? 'good' : 'bad', verdictText(receipt));
}

/** Whether all that was compared is in step, in a few words. */
export function verdictText({ ok, counts }: VerifyReceipt): string {
  if (!ok) return 'NOT IN STEP';
  if (counts.neon === null) return 'qdrant in step, neon not checked';
  return counts.qdrant === null ? 'neon in step, qdrant not checked' : 'in step';
}

/** A difference on one line. */
export function differenceText({ store, kind, point_id, chunk_id, fields }: Difference): string {
  const where = chunk_id === null ? '' : ` ${printable(JSON.stringify(chunk_id))} (${point_id})`;
  return `  ${store}: ${kind}${where}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}`;
}
