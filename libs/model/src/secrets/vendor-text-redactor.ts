/** Makes texts of a service safe for a message, a log or a receipt. */
export interface VendorTextRedactor {
  /**
   * The first line of a text, cut at 300 characters and where data or an address begins, without quotations that are no
   * names. Undefined if nothing is left, or if the text holds a part of a secret.
   */
  sentence(text: unknown): string | undefined;
  /** The text if it is a name, such as that of a table; undefined otherwise, and if it holds a part of a secret. */
  name(text: unknown): string | undefined;
}

const SENTENCE_UNITS_MAX = 300;

/** Consecutive characters of a secret that may not be shown. */
const PIECE_UNITS = 8;

/** A name of a table, a column, a state or a field. */
const NAME = /^[A-Za-z_][\w.$-]{0,62}$/;

/** JSON, markup, a list or an address, and all that follows. */
const DATA = /\s*(?:[{[<]|\b[a-z][a-z0-9+.-]*:\/\/).*$/is;

/** Text between quotes, or after one that is never closed; an apostrophe within a word is no quote. */
const QUOTED = /"[^"]*(?:"|$)|`[^`]*(?:`|$)|(?<!\w)'[^']*(?:'|$)/g;

/** Redacts texts of a service that knows these secrets, since it may send back what it received. */
export function createVendorTextRedactor(secrets: readonly string[]): VendorTextRedactor {
  const pieces = [...new Set(secrets.flatMap(formsOf).flatMap(piecesOf))];

  function holdsSecret(text: string): boolean {
    const lower = text.toLowerCase();
    return pieces.some((piece) => lower.includes(piece));
  }

  return {
    sentence(text) {
      if (typeof text !== 'string' || holdsSecret(text)) return undefined;
      const [line = ''] = text.trim().split(/[\r\n]/, 1);
      const sentence = line
        .replace(DATA, ' …')
        .replaceAll(QUOTED, (quoted) => (NAME.test(quoted.slice(1, -1)) ? quoted : '…'))
        .trim();
      if (sentence === '' || sentence === '…') return undefined;
      return sentence.length > SENTENCE_UNITS_MAX ? `${sentence.slice(0, SENTENCE_UNITS_MAX)}…` : sentence;
    },
    name(text) {
      return typeof text === 'string' && NAME.test(text) && !holdsSecret(text) ? text : undefined;
    },
  };
}

/** The secret as it is, percent-encoded and percent-decoded, in lower case. */
function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret)];
  try {
    forms.push(decodeURIComponent(secret));
  } catch {
    // Not percent-encoded.
  }
  return forms.map((form) => form.toLowerCase());
}

function piecesOf(form: string): string[] {
  if (form.length <= PIECE_UNITS) return form === '' ? [] : [form];
  return Array.from({ length: form.length - PIECE_UNITS + 1 }, (_, at) => form.slice(at, at + PIECE_UNITS));
}
