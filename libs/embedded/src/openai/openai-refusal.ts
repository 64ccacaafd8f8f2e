/** A refusal of a request, answered as an error in the form of OpenAI. */
export class OpenAiRefusal extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  constructor(options: { status: number; message: string; code?: string; param?: string }) {
    super(options.message);
    this.name = 'OpenAiRefusal';
    this.status = options.status;
    this.code = options.code ?? null;
    this.param = options.param ?? null;
  }

  toResponse(): Response {
    const { message, code, param } = this;
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error';
    return Response.json({ error: { message, type, code, param } }, { status: this.status });
  }
}
