import { isJsonObject, type JsonValue } from '@lockstep/model';
import { refusal } from './refusal.ts';

/** The fields of a body that has no others. Fails with `request-invalid`. */
export function fieldsOf<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Readonly<Partial<Record<Name, JsonValue>>> {
  const expected = names.map((name) => JSON.stringify(name)).join(' and ');
  if (!isJsonObject(body as JsonValue)) {
    throw refusal('request-invalid', `The body: expected an object with ${expected}`);
  }
  const unknown = Object.keys(body as object).find((name) => !(names as readonly string[]).includes(name));
  if (unknown === undefined) return body as Partial<Record<Name, JsonValue>>;
  throw refusal('request-invalid', `${JSON.stringify(unknown)}: expected no field but ${expected}`);
}
