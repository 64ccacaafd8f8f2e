/** Parses the text of a Postgres array of one dimension, such as `{a,"b \"c\"",NULL}`. */
export function parsePostgresArray(text: string): (string | null)[] {
  if (!text.startsWith('{') || !text.endsWith('}')) throw new Error(`expected an array, found ${text.slice(0, 20)}`);
  const items: (string | null)[] = [];
  let at = 1;
  while (at < text.length - 1) {
    if (text[at] === ',') {
      at += 1;
    } else if (text[at] === '"') {
      let end = at + 1;
      while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
      const inner = text.slice(at + 1, end);
      items.push(inner.includes('\\') ? inner.replaceAll(/\\(.)/gs, '$1') : inner);
      at = end + 1;
    } else {
      const comma = text.indexOf(',', at);
      const end = comma < 0 ? text.length - 1 : comma;
      const word = text.slice(at, end);
      items.push(word === 'NULL' ? null : word);
      at = end;
    }
  }
  return items;
}
