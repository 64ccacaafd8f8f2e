import { QdrantRefusal, formatError } from './qdrant-refusal.ts';

/**
 * Reads a request body as JSON.
 *
 * Like a real Qdrant, it requires `content-type: application/json`, which also prevents posts from web pages, and
 * refuses a body larger than `bytesMax` with 400 and the text that a real Qdrant has for `max_request_size_mb`.
 */
export async function readJsonBody(request: Request, bytesMax: number): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new QdrantRefusal(400, 'Content type error: expected application/json');
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > bytesMax) {
    throw new QdrantRefusal(
      400,
      `Payload error: JSON payload (${announced} bytes) is larger than allowed (limit: ${bytesMax} bytes).`,
    );
  }
  const bytes = await readBytes(request, bytesMax);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw formatError('the body is not valid UTF-8');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // V8 quotes the text around the error. Only the position is reported, since a body can contain whole documents.
    const position = /at position \d+/.exec(error instanceof Error ? error.message : '')?.[0] ?? 'at its end';
    throw formatError(`not valid JSON ${position}`);
  }
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > bytesMax) {
      throw new QdrantRefusal(400, `Payload error: JSON payload has exceeded limit (${bytesMax} bytes).`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
