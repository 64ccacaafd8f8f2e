import { STAGES, type StoreName } from '@lockstep/model';
import { FILES } from '@lockstep/pipeline';
import { IDENTITY, type Seen } from './failpoint-rig.ts';
import { CORPUS, NEW_CHUNKS, OLD_RECORDS, OTHER_CORPUS, OTHER_RECORDS } from './failpoint-scenario.ts';
import { falseWords } from '../support/tell-truth.ts';
import { expectedChunks, type ChunkInStore } from '../support/stored-chunks.ts';

/** Reports each problem in one line; empty if there is none. */
export interface FailpointChecks {
  /** After a kill: no file is half written under its final name, and no stamp and no receipt is wrong. */
  killed(seen: Seen): string[];
  /** After a run that ended: the stores hold exactly the new version. */
  done(seen: Seen): string[];
}

/** One version of the corpus in a store: the labels of each chunk by point id. */
type Version = ReadonlyMap<string, string>;

/** Which version a store holds; `between` if it has parts of both. */
type Progress = 'old' | 'new' | 'between';

/** Offset of the 64 digits of the key in a line of the cache. */
const KEY_AT = '{"key":"'.length;

const CHUNK_FILES = [FILES.chunks, FILES.held, FILES.rejects];
const EMBED_FILES = [FILES.slice, FILES.refused];
const DATA_FILES = [...CHUNK_FILES, ...EMBED_FILES];
const JSON_FILES = [
  FILES.validateReceipt,
  FILES.embedReceipt,
  FILES.embeddedHere,
  FILES.run,
  FILES.loadQdrantReceipt,
  FILES.loadNeonReceipt,
  FILES.verifyReceipt,
  ...['run', ...STAGES].map((step) => `${FILES.attempts}/${step}.json`),
];

/** Largest difference of float32 numbers that were normalised twice. */
const TOLERANCE = 1e-6;

/**
 * Creates checks from the states before and after a run that was not killed; `vectorOf` returns the vector of a text.
 */
export function createFailpointChecks(options: {
  readonly before: Seen;
  readonly after: Seen;
  readonly vectorOf: (text: string) => Float32Array;
}): FailpointChecks {
  const { before, after } = options;
  const oldVersion = versionOf(expectedChunks(CORPUS, OLD_RECORDS, IDENTITY));
  const newVersion = versionOf(expectedChunks(CORPUS, NEW_CHUNKS, IDENTITY));
  const others = expectedChunks(OTHER_CORPUS, OTHER_RECORDS, IDENTITY);
  const textOf = new Map(
    [...expectedChunks(CORPUS, [...OLD_RECORDS, ...NEW_CHUNKS], IDENTITY), ...others].map(
      ({ embeddingKey, text }) => [embeddingKey, text] as const,
    ),
  );

  /** Points whose vector, and rows whose text, does not match their own labels. */
  function* mislabelled({ points, rows }: Seen): Generator<string> {
    for (const { chunkId, embeddingKey, vector } of points) {
      const wanted = options.vectorOf(textOf.get(embeddingKey) ?? '');
      const off = Math.max(...vector.map((value, at) => Math.abs(value - (wanted[at] ?? Number.NaN))));
      if (!(off < TOLERANCE)) yield `point ${String(chunkId)} has a vector of another text`;
    }
    for (const { chunkId, embeddingKey, text } of rows) {
      if (text !== textOf.get(embeddingKey)) yield `row ${String(chunkId)} has another text than its key`;
    }
  }

  function progressOf(stored: readonly ChunkInStore[]): Progress {
    const version = versionOf(stored.filter(({ corpus }) => corpus === CORPUS));
    if (isSame(version, newVersion)) return 'new';
    return isSame(version, oldVersion) ? 'old' : 'between';
  }

  /** Chunks that are lost or neither old nor new, and deletions before all additions were made. */
  function* wrongProgress(store: StoreName, stored: readonly ChunkInStore[]): Generator<string> {
    const version = versionOf(stored.filter(({ corpus }) => corpus === CORPUS));
    for (const [pointId, label] of version) {
      const isKnown = label === oldVersion.get(pointId) || label === newVersion.get(pointId);
      if (!isKnown) yield `${store} holds ${pointId} in a version that never existed`;
    }
    for (const pointId of oldVersion.keys()) {
      if (newVersion.has(pointId) && !version.has(pointId)) yield `${store} lost ${pointId}`;
    }
    const isGone = [...oldVersion.keys()].some((pointId) => !newVersion.has(pointId) && !version.has(pointId));
    const isAllThere = [...newVersion].every(([pointId, label]) => version.get(pointId) === label);
    if (isGone && !isAllThere) yield `${store} deleted chunks before it had all new ones`;
  }

  /** Stamps of another version than the one that the store holds. */
  function* untrueStamps({ stamps, points, rows }: Seen): Generator<string> {
    for (const [store, stored] of [
      ['qdrant', points],
      ['neon', rows],
    ] as const) {
      const digest = stamps[store]?.digest;
      if (digest === undefined) continue;
      const stamped = digest === after.stamps[store]?.digest ? 'new' : 'old';
      if (stamped === 'old' && digest !== before.stamps[store]?.digest) yield `${store} has a stamp of no version`;
      const progress = progressOf(stored);
      if (progress !== stamped) yield `${store} has the stamp of the ${stamped} version, and holds ${progress}`;
    }
  }

  /** Files that are neither old nor new, and receipts that do not match files or stores. */
  function* untrueFiles({ files, points, rows }: Seen): Generator<string> {
    const own = (seen: { readonly files: Seen['files'] }, name: string) => seen.files.get(`${CORPUS}/${name}`);
    const is = (name: string, state: Seen): boolean => own({ files }, name) === own(state, name);
    for (const name of DATA_FILES) {
      if (own({ files }, name) !== undefined && !is(name, before) && !is(name, after))
        yield `${name} is neither old nor new`;
    }
    for (const name of JSON_FILES) {
      const content = own({ files }, name);
      if (content !== undefined && !isJson(content)) yield `${name} is only partly written`;
    }
    const progress = { qdrant: progressOf(points), neon: progressOf(rows) };
    const holds = (names: readonly string[], state: Seen): boolean => names.every((name) => is(name, state));
    for (const [receipt, isOld, isNew] of [
      [FILES.validateReceipt, holds(CHUNK_FILES, before), holds(CHUNK_FILES, after)],
      [FILES.embedReceipt, holds(EMBED_FILES, before), holds(EMBED_FILES, after)],
      [FILES.loadQdrantReceipt, progress.qdrant === 'old', progress.qdrant === 'new'],
      [FILES.loadNeonReceipt, progress.neon === 'old', progress.neon === 'new'],
      // The receipt of the last run stays until the next verify.
      [FILES.verifyReceipt, true, progress.qdrant === 'new' && progress.neon === 'new'],
    ] as const) {
      if (own({ files }, receipt) === undefined) continue;
      if (!(is(receipt, before) ? isOld : isNew)) yield `${receipt} does not match what is stored`;
    }
  }

  /** Keys that are in the cache more than once. An unfinished line at the end does not count. */
  function* doubled({ files }: Seen): Generator<string> {
    const keys = cacheKeys(files);
    if (new Set(keys).size !== keys.length) yield 'the cache holds a key twice';
  }

  /** Changes of the other corpus: its stamps, fences, rows, points and files. */
  function* touched({ other, points, files }: Seen): Generator<string> {
    if (other !== before.other) yield 'Postgres holds something different of the other corpus';
    const ofOthers = points.filter(({ corpus }) => corpus !== CORPUS);
    if (!isSame(versionOf(ofOthers), versionOf(others))) yield 'Qdrant holds something different of the other corpus';
    const ofOther = ({ files: all }: { readonly files: Seen['files'] }) =>
      [...all].filter(([path]) => path.startsWith(`${OTHER_CORPUS}/`)).toString();
    if (ofOther({ files }) !== ofOther(before)) yield 'a file of the other corpus has changed';
  }

  /** What `summary` and `status` say and the stores do not hold, of both corpora. */
  function untrueWords({ told, files, points, rows }: Seen): string[] {
    const validated = files.get(`${CORPUS}/${FILES.validateReceipt}`);
    const wanted = validated === before.files.get(`${CORPUS}/${FILES.validateReceipt}`) ? 'old' : 'new';
    const holds = (stored: readonly ChunkInStore[]): boolean => {
      const progress = progressOf(stored);
      return validated === undefined ? progress !== 'between' : progress === wanted;
    };
    const countOf = (stored: readonly ChunkInStore[], corpus: string): number =>
      stored.filter((chunk) => chunk.corpus === corpus).length;
    const counts = (corpus: string) => ({ qdrant: countOf(points, corpus), neon: countOf(rows, corpus) });
    return falseWords(told, [
      {
        corpus: CORPUS,
        isKnown: validated !== undefined,
        holds: { qdrant: holds(points), neon: holds(rows) },
        counts: counts(CORPUS),
      },
      { corpus: OTHER_CORPUS, isKnown: true, holds: { qdrant: true, neon: true }, counts: counts(OTHER_CORPUS) },
    ]);
  }

  return {
    killed: (seen) => [
      ...mislabelled(seen),
      ...wrongProgress('qdrant', seen.points),
      ...wrongProgress('neon', seen.rows),
      ...untrueStamps(seen),
      ...untrueFiles(seen),
      ...doubled(seen),
      ...touched(seen),
      ...untrueWords(seen),
    ],
    done(seen) {
      const problems = [
        ...mislabelled(seen),
        ...untrueStamps(seen),
        ...untrueFiles(seen),
        ...doubled(seen),
        ...touched(seen),
        ...untrueWords(seen),
      ];
      if (!seen.told.summary.ok || !seen.told.status.ok) problems.push(`what is said:\n${seen.told.status.text}`);
      for (const [store, stored] of [
        ['qdrant', seen.points],
        ['neon', seen.rows],
      ] as const) {
        if (progressOf(stored) !== 'new') problems.push(`${store} does not hold the new version`);
        if (seen.stamps[store] === undefined) problems.push(`${store} has no stamp`);
      }
      const names = (state: Seen): string => [...state.files.keys()].sort().join('\n');
      if (names(seen) !== names(after)) problems.push(`files are left or missing:\n${names(seen)}`);
      for (const name of DATA_FILES) {
        const path = `${CORPUS}/${name}`;
        if (seen.files.get(path) !== after.files.get(path)) problems.push(`${name} is different`);
      }
      const keys = new Set(cacheKeys(seen.files));
      if (!cacheKeys(after.files).every((key) => keys.has(key))) problems.push('the cache lacks an embedding');
      return problems;
    },
  };
}

function versionOf(chunks: readonly ChunkInStore[]): Version {
  return new Map(
    chunks.map(({ pointId, corpus, chunkId, contentHash, embeddingKey }) => [
      String(pointId),
      [corpus, chunkId, contentHash, embeddingKey].join(' '),
    ]),
  );
}

function isSame(one: Version, other: Version): boolean {
  return one.size === other.size && [...one].every(([pointId, label]) => other.get(pointId) === label);
}

function cacheKeys(files: Seen['files']): string[] {
  const caches = [...files].filter(([path]) => path.startsWith('cache/') && path.endsWith('.jsonl'));
  return caches.flatMap(([, content]) =>
    content
      .split('\n')
      .slice(0, -1)
      .map((line) => line.slice(KEY_AT, KEY_AT + 64)),
  );
}

function isJson(content: string): boolean {
  try {
    JSON.parse(content);
    return true;
  } catch {
    return false;
  }
}
