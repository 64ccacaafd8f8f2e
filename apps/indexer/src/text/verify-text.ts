import type { Difference, VerifyReceipt } from '@lockstep/pipeline';

/** The outcome of a verification, with the first differences. */
export function verifyText(receipt: VerifyReceipt, folder: string): string {
  const { corpus, ok, overtakenBy, level, counts, refused, held, kept, notComparable, sides } = receipt;
  const numbers = Object.entries(counts)
    .filter(([, count]) => count !== null)
    .map(([side, count]) => `${side} ${count}`);
  if (refused > 0) numbers.push(`${refused} refused by the embedding service`);
  if (held > 0) numbers.push(`${held} held`);
  if (kept > 0) numbers.push(`${kept} kept`);
  const lines = [`${corpus} verify: ok: ${ok}, ${numbers.join(', ')} (level ${level})`];
  if (notComparable > 0) {
    lines.push(
      `  ${notComparable} vectors are not comparable: the cache has them from a collection, not from the service`,
    );
  }
  if (ok) return lines.join('\n');
  lines.push(...receipt.differences.map(differenceText));
  const rest = receipt.differencesCount - receipt.differences.length;
  if (rest > 0) lines.push(`  and ${rest} more`);
  const wrong = Object.entries(sides).filter(([, count]) => count > 0);
  if (overtakenBy !== null) {
    lines.push(
      `  Another run (${overtakenBy}) took the corpus over since the last load from here; it may have another input.`,
    );
  }
  const withdrawn = overtakenBy === null ? 'The stamp of each store at fault was withdrawn: load' : 'Load';
  const cure = sides.qdrant + sides.neon > 0 ? `${withdrawn} again, or run \`indexer repair\`.` : 'Run embed again.';
  lines.push(
    `  Wrong: ${wrong.map(([side, count]) => `${side} ${count}`).join(', ')}; all in ${folder}/verify.json. ${cure}`,
  );
  return lines.join('\n');
}

function differenceText({ store, kind, point_id, chunk_id, fields }: Difference): string {
  const where = chunk_id === null ? '' : ` ${JSON.stringify(chunk_id)} (${point_id})`;
  return `  ${store}: ${kind}${where}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}`;
}
