/** Length of the pieces of a secret that are searched for, so that a part of it is found too. */
const PIECE = 8;

/**
 * Creates a function that returns the names of the secrets (texts, or vectors) of which a text contains a piece of
 * eight characters, in any of the forms in which programs write them.
 */
export function createLeakDetector(
  secrets: Readonly<Record<string, string | Float32Array>>,
): (text: string) => readonly string[] {
  const names = new Map<string, string>();
  for (const [name, secret] of Object.entries(secrets)) {
    const forms = typeof secret === 'string' ? formsOf(secret) : vectorForms(secret);
    for (const piece of forms.flatMap(piecesOf)) names.set(piece, name);
  }
  // A cheap filter: only few positions begin with the same two characters as a piece.
  const beginning = (text: string, at: number) => (text.charCodeAt(at) << 16) | text.charCodeAt(at + 1);
  const beginnings = new Set([...names.keys()].map((piece) => beginning(piece, 0)));
  return (text) => {
    const found = new Set<string>();
    for (let at = 0; at + PIECE <= text.length; at += 1) {
      if (!beginnings.has(beginning(text, at))) continue;
      const name = names.get(text.slice(at, at + PIECE));
      if (name !== undefined) found.add(name);
    }
    return [...found].toSorted();
  };
}

function piecesOf(form: string): string[] {
  return Array.from({ length: Math.max(0, form.length - PIECE + 1) }, (_, at) => form.slice(at, at + PIECE));
}

/** The text as it is, percent-encoded in two ways, in JSON, in hexadecimal, and in base64 at any offset. */
function formsOf(text: string): string[] {
  const url = new URL('http://host');
  url.password = text;
  const json = JSON.stringify(text).slice(1, -1);
  return [
    ...[text, encodeURIComponent(text), url.password, json, JSON.stringify(json).slice(1, -1)],
    ...bytesForms(Buffer.from(text)),
  ];
}

/** The numbers in decimals, as float32 and as double, and their bytes. */
function vectorForms(vector: Float32Array): string[] {
  // From the decimal point on, since times and counts may contain the same digits.
  const decimals = [...vector].flatMap((value) => [value.toFixed(PIECE), String(value)]);
  return [
    ...decimals.map((text) => text.slice(text.indexOf('.'), text.indexOf('.') + PIECE)),
    ...bytesForms(Buffer.from(vector.buffer)),
  ];
}

/** In base64 bytes have three forms, by their offset; the first and last characters depend on the neighbours. */
function bytesForms(bytes: Buffer): string[] {
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [...shifted, ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')), bytes.toString('hex')];
}
