import {
  canonicalJson,
  isJsonObject,
  type CallOptions,
  type ErrorCode,
  type Fields,
  type JsonObject,
  type Ledger,
} from '@lockstep/model';

/** Runs looked through for one that says what it loaded. */
const RUNS_MAX = 100;

/** Runs that ended so were refused, and loaded nothing. */
export const REFUSALS: ReadonlySet<ErrorCode | null | undefined> = new Set([
  'other-input',
  'other-ids',
  'delete-guard',
  'corpus-loaded',
] as const);

/** Where the ids of a corpus come from, as its runs remember it. */
export interface IdSource {
  /** Name of the shape, for messages. */
  readonly shape: string;
  /** `idSource` of the `ShapeReport`. */
  readonly ids: string;
  /** What the user said about the fields. */
  readonly fields: Fields;
}

/** What a corpus was loaded from; undefined where no run says it, as those of earlier versions. */
export interface Remembered {
  readonly input?: string | undefined;
  readonly ids?: IdSource | undefined;
}

/**
 * What a corpus was loaded from: each as the latest run says that says it, since the last drop. Like `overlongChoice` it asks
 * nothing on this machine.
 *
 * @param besides the fence of a run that does not count: the caller's own
 */
export async function remembered(
  corpus: string,
  ledger: Ledger,
  { besides, ...call }: CallOptions & { readonly besides?: number | undefined },
): Promise<Remembered> {
  let input: string | undefined;
  let ids: IdSource | undefined;
  for (const run of await ledger.runs({ corpus, limit: RUNS_MAX }, call)) {
    if (run.kind === 'drop' && run.end?.outcome === 'done') break;
    if (run.fence === besides || REFUSALS.has(run.end?.error)) continue;
    input ??= run.input;
    ids ??= run.shape === undefined ? undefined : decodeIdSource(run.shape);
  }
  return { input, ids };
}

/** The text that the run table keeps. */
export function encodeIdSource({ shape, ids, fields }: IdSource): string {
  return canonicalJson({ shape, ids, fields: fields as JsonObject });
}

/** Undefined for a text of another form, such as that of a later version. */
function decodeIdSource(text: string): IdSource | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(parsed)) return undefined;
  const { shape, ids, fields } = parsed;
  if (typeof shape !== 'string' || typeof ids !== 'string' || !isJsonObject(fields)) return undefined;
  return { shape, ids, fields };
}
