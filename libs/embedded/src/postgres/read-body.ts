/** A request body that is too large (413) or not text (400). */
export class RequestBodyError extends Error {
  override readonly name = 'RequestBodyError';
  /** HTTP status for the answer. */
  readonly status: 400 | 413;

  constructor(message: string, status: 400 | 413) {
    super(message);
    this.status = status;
  }
}

/**
 * Reads a request's body as UTF-8 text of at most `bytesMax` bytes, and stops reading beyond them.
 *
 * @throws {RequestBodyError}
 */
export async function readBodyText(request: Request, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw new RequestBodyError(`the body is larger than ${bytesMax} bytes`, 413);
    parts.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    throw new RequestBodyError('the body is not valid UTF-8', 400);
  }
}
