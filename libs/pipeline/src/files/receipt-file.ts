import { IndexingError, isIndexingError, isJsonObject, type Artifacts } from '@lockstep/model';

/** Writes a receipt: JSON for people and programs, with a line feed at its end. */
export async function writeReceipt(artifacts: Artifacts, name: string, receipt: object): Promise<void> {
  const writer = await artifacts.write(name);
  await writer.write(`${JSON.stringify(receipt, null, 2)}\n`);
  await writer.close();
}

/** Reads a receipt that a stage wrote. Fails with `artifact-missing` or `artifact-damaged`. */
export async function readReceipt<Receipt extends object>(artifacts: Artifacts, name: string): Promise<Receipt> {
  const parts: Uint8Array[] = [];
  for await (const block of artifacts.read(name)) parts.push(block);
  const utf8 = new TextDecoder();
  const text = parts.map((part) => utf8.decode(part, { stream: true })).join('') + utf8.decode();
  const parsed = parsedOrUndefined(text);
  if (isJsonObject(parsed)) return parsed as unknown as Receipt;
  throw new IndexingError({
    code: 'artifact-damaged',
    message: `Expected a receipt in ${name}, found something else.`,
  });
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads a receipt; undefined where there is none. */
export async function receiptIfThere<Receipt extends object>(
  artifacts: Artifacts,
  name: string,
): Promise<Receipt | undefined> {
  try {
    return await readReceipt<Receipt>(artifacts, name);
  } catch (error) {
    if (isIndexingError(error) && error.code === 'artifact-missing') return undefined;
    throw error;
  }
}
