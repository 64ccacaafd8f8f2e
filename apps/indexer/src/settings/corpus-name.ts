import * as v from 'valibot';
import { CorpusName, sha256Hex } from '@lockstep/model';

/** Endings of files of chunks, which say how a file is written and not what it is about. */
const FORM_ENDINGS = /(\.(jsonl?|ndjson|csv|tsv|parquet|gz|zst))+$/i;

/** Letters, digits and symbols that a name of a corpus cannot have. */
const LOST = /[^\p{ASCII}\p{P}\p{Z}\p{C}]/u;

/** Hexadecimal digits that tell two names apart. */
const HASH_DIGITS = 8;

/** What is kept of a name before its hash: 64 characters less the hash and its hyphen. */
const STEM_CHARS_MAX = 64 - HASH_DIGITS - 1;

/** The name of a corpus that was derived from that of a file. */
export interface DerivedName {
  readonly name: string;
  /** Whether it has a hash, since the name of the file alone makes none or not a distinct one. */
  readonly isHashed: boolean;
}

/**
 * Derives the name of a corpus from that of its file: `My Chunks.v2.json.gz` becomes `my-chunks-v2`. A name that loses letters, or
 * that no corpus can have, gets the first 8 digits of the SHA-256 of the file's name without its endings, in NFC, so that
 * it is the same on every system: `報告A.json` becomes `a-e00c942e`, and `データ.json` `file-16773842`.
 */
export function deriveCorpusName(fileName: string): DerivedName {
  const bare = fileName.normalize('NFC').replace(FORM_ENDINGS, '');
  const name = stemOf(bare);
  if (!LOST.test(bare) && v.is(CorpusName, name)) return { name, isHashed: false };
  // Without accents: "Übersicht" is easier to know again as "ubersicht" than as "bersicht".
  const stem = stemOf(bare.normalize('NFKD').replaceAll(/\p{M}/gu, '')).slice(0, STEM_CHARS_MAX).replace(/-$/, '');
  return { name: `${stem === '' ? 'file' : stem}-${sha256Hex(bare).slice(0, HASH_DIGITS)}`, isHashed: true };
}

function stemOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}
