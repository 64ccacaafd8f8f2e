import { refusal } from './refusal.ts';

/** The parameters of a query, each at most once and with a name that is known. Fails with `request-invalid`. */
export function singleQueries<Name extends string>(
  queries: Readonly<Record<string, readonly string[]>>,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  for (const [name, values] of Object.entries(queries)) {
    if (!(names as readonly string[]).includes(name)) {
      throw refusal('request-invalid', `The parameter ${JSON.stringify(name)}: expected one of ${names.join(', ')}`);
    }
    if (values.length !== 1) throw refusal('request-invalid', `The parameter ${name}: expected it once`);
  }
  return Object.fromEntries(Object.entries(queries).map(([name, [value]]) => [name, value])) as Partial<
    Record<Name, string>
  >;
}
