/**
 * A request that the embedded Qdrant refuses: the HTTP status and the text of `status.error`.
 *
 * Texts that start with `Wrong input:`, `Not found:`, `Format error` or `Validation error` are those of the real server,
 * taken from its sources (qdrant/qdrant, `lib/storage/src/content_manager/errors.rs` and `src/actix`).
 */
export class QdrantRefusal extends Error {
  override readonly name = 'QdrantRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** 400: the request is understood and cannot be done with these values. */
export function wrongInput(description: string): QdrantRefusal {
  return new QdrantRefusal(400, `Wrong input: ${description}`);
}

/** 400: the body is not of the shape that the endpoint takes. */
export function formatError(description: string): QdrantRefusal {
  return new QdrantRefusal(400, `Format error in JSON body: ${description}`);
}

/** 422: a value is of the right type and out of its range. */
export function outOfRange(where: 'JSON body' | 'path parameters' | 'query parameters', rule: string): QdrantRefusal {
  return new QdrantRefusal(422, `Validation error in ${where}: [${rule}]`);
}

/** 404: a collection, alias or point that is not there. */
export function notFound(description: string): QdrantRefusal {
  return new QdrantRefusal(404, `Not found: ${description}`);
}

/**
 * 400: something that a real Qdrant does and this server does not.
 *
 * 400 and not 5xx, so that no client takes it for a passing fault and retries.
 */
export function notSupported(what: string): QdrantRefusal {
  return new QdrantRefusal(
    400,
    `Not supported by the embedded Qdrant: ${what}. Set QDRANT_HOST to use a real Qdrant server instead.`,
  );
}
