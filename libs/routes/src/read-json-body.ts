import { refusal } from './refusal.ts';

/** The body of a request as JSON. Fails with `request-invalid`. */
export async function readJsonBody(request: Request): Promise<unknown> {
  const bytes = await request.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal('request-invalid', 'The body: expected UTF-8');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw refusal(
      'request-invalid',
      `The body: expected JSON, found ${text.trim() === '' ? 'nothing' : 'something else'}`,
    );
  }
}
