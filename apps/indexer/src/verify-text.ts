import type { Difference, VerifyReceipt } from '@lockstep/pipeline';

/** Differences shown on screen; the receipt has all. */
const SHOWN = 20;

/** The outcome of a verification, with the first differences. */
export function verifyText(receipt: VerifyReceipt, folder: string): string {
  const { corpus, ok, level, counts, held, kept, differences } = receipt;
  const numbers = Object.entries(counts)
    .filter(([, count]) => count !== null)
    .map(([side, count]) => `${side} ${count}`)
    .join(', ');
  const extra = [held > 0 ? `${held} held` : '', kept > 0 ? `${kept} kept` : ''].filter((part) => part !== '');
  const head = `${corpus} verify: ok: ${ok}, ${[numbers, ...extra].join(', ')} (level ${level})`;
  if (ok) return head;
  const lines = differences.slice(0, SHOWN).map(differenceText);
  const rest = differences.length - lines.length;
  if (rest > 0) lines.push(`  and ${rest} more`);
  const inStores = differences.some(({ store }) => store !== 'cache');
  const cure = inStores ? 'The stamp of each store at fault was withdrawn: load again.' : 'Run embed again.';
  return [head, ...lines, `  All are in ${folder}/verify.json. ${cure}`].join('\n');
}

function differenceText({ store, kind, point_id, chunk_id, fields }: Difference): string {
  const where = chunk_id === null ? '' : ` ${JSON.stringify(chunk_id)} (${point_id})`;
  return `  ${store}: ${kind}${where}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}`;
}
