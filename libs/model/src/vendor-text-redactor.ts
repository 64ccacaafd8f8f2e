/** Makes what a service wrote safe to repeat in a message, a log or a receipt. */
export interface VendorTextRedactor {
  /**
   * A sentence of at most 300 characters, without what it quotes unless that is a name, and up to the point where data
   * or an address begins. Undefined where nothing is left, or where it holds a piece of a secret.
   */
  sentence(text: unknown): string | undefined;
  /** The name of a thing, such as a table; undefined for anything else, and for a piece of a secret. */
  name(text: unknown): string | undefined;
}

const SENTENCE_UNITS_MAX = 300;

/** Characters of a secret that give it away. */
const PIECE_UNITS = 8;

/** Tables, columns, states, fields. */
const NAME = /^[A-Za-z_][\w.$-]{0,62}$/;

/** JSON, markup, a list or an address, and all that comes after. */
const DATA = /\s*(?:[{[<]|\b[a-z][a-z0-9+.-]*:\/\/).*$/is;

/** Between quotes, or from one that is never closed; an apostrophe within a word is none. */
const QUOTED = /"[^"]*(?:"|$)|`[^`]*(?:`|$)|(?<!\w)'[^']*(?:'|$)/g;

/** Redacts texts of a service to which these secrets were sent: it may send back what it received, the key with it. */
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

/** As it is, and percent-encoded or no longer so. */
function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret)];
  try {
    forms.push(decodeURIComponent(secret));
  } catch {
    // Its percent signs encode nothing.
  }
  return forms.map((form) => form.toLowerCase());
}

function piecesOf(form: string): string[] {
  if (form.length <= PIECE_UNITS) return form === '' ? [] : [form];
  return Array.from({ length: form.length - PIECE_UNITS + 1 }, (_, at) => form.slice(at, at + PIECE_UNITS));
}
