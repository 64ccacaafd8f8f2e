/**
 * A request that the embedded Qdrant refuses: the HTTP status and the text of `status.error`.
 *
 * The prefixes `Wrong input:`, `Not found:`, `Format error` and `Validation error` are those of a real server, from its
 * sources (qdrant/qdrant, `lib/storage/src/content_manager/errors.rs` and `src/actix`).
 */
export class QdrantRefusal extends Error {
  override readonly name = 'QdrantRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** 400: the request has the right form, but its values are invalid. */
export function wrongInput(description: string): QdrantRefusal {
  return new QdrantRefusal(400, `Wrong input: ${description}`);
}

/** 400: the body does not have the form that the endpoint expects. */
export function formatError(description: string): QdrantRefusal {
  return new QdrantRefusal(400, `Format error in JSON body: ${description}`);
}

/** 422: a value has the right type and is out of range. */
export function outOfRange(where: 'JSON body' | 'path parameters' | 'query parameters', rule: string): QdrantRefusal {
  return new QdrantRefusal(422, `Validation error in ${where}: [${rule}]`);
}

/** 404: a collection, alias or point does not exist. */
export function notFound(description: string): QdrantRefusal {
  return new QdrantRefusal(404, `Not found: ${description}`);
}

/**
 * 400: a feature of a real Qdrant that this server does not support.
 *
 * 400 and not 5xx, so that no client retries the request.
 */
export function notSupported(what: string): QdrantRefusal {
  return new QdrantRefusal(
    400,
    `Not supported by the embedded Qdrant: ${what}. Set QDRANT_HOST to use a real Qdrant server instead.`,
  );
}
