/** Characters of a secret that give it away; so a piece of it is found as well as the whole. */
const PIECE = 8;

/**
 * Makes a search for secrets (texts, or the numbers of a vector): gives the names of those of which a piece of eight
 * characters stands in a text, in any of the forms in which programs write them.
 */
export function createLeakDetector(
  secrets: Readonly<Record<string, string | Float32Array>>,
): (said: string) => readonly string[] {
  const names = new Map<string, string>();
  for (const [name, secret] of Object.entries(secrets)) {
    const forms = typeof secret === 'string' ? formsOf(secret) : vectorForms(secret);
    for (const piece of forms.flatMap(piecesOf)) names.set(piece, name);
  }
  // Few places begin as a piece does, and only those are looked up.
  const beginning = (text: string, at: number) => (text.charCodeAt(at) << 16) | text.charCodeAt(at + 1);
  const beginnings = new Set([...names.keys()].map((piece) => beginning(piece, 0)));
  return (said) => {
    const found = new Set<string>();
    for (let at = 0; at + PIECE <= said.length; at += 1) {
      if (!beginnings.has(beginning(said, at))) continue;
      const name = names.get(said.slice(at, at + PIECE));
      if (name !== undefined) found.add(name);
    }
    return [...found].toSorted();
  };
}

function piecesOf(form: string): string[] {
  return Array.from({ length: Math.max(0, form.length - PIECE + 1) }, (_, at) => form.slice(at, at + PIECE));
}

/** As it is, percent-encoded by a function and by a URL, in JSON, in hexadecimal and in base64, wherever it begins there. */
function formsOf(text: string): string[] {
  const url = new URL('http://host');
  url.password = text;
  const json = JSON.stringify(text).slice(1, -1);
  return [
    ...[text, encodeURIComponent(text), url.password, json, JSON.stringify(json).slice(1, -1)],
    ...bytesForms(Buffer.from(text)),
  ];
}

/** In decimals, shortest for a float32 and as a double, and its bytes. */
function vectorForms(vector: Float32Array): string[] {
  // From the point on: digits alone stand in times and counts too.
  const decimals = [...vector].flatMap((value) => [value.toFixed(PIECE), String(value)]);
  return [
    ...decimals.map((text) => text.slice(text.indexOf('.'), text.indexOf('.') + PIECE)),
    ...bytesForms(Buffer.from(vector.buffer)),
  ];
}

/** In base64 the same bytes read in three ways, by where they begin; the first and last characters depend on the neighbours. */
function bytesForms(bytes: Buffer): string[] {
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [...shifted, ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')), bytes.toString('hex')];
}
