import { gzipSync } from 'node:zlib';
import type { ErrorCode, ExitCode } from '@lockstep/model';
import type { RejectLine } from './hostile-workspace.ts';

const MIB = 1024 * 1024;

/** Two good records. */
export const A = '{"id":"a","text":"A good record."}';
export const Z = '{"id":"z","text":"Another one."}';
/** Lists that are nested this many levels deep. */
export const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number) => `${'{"k":'.repeat(levels)}0${'}'.repeat(levels)}`;
/** More than the limit of a record. */
const large = 'x'.repeat(17 * MIB);

/** An input that is refused as a whole. */
interface Refused {
  readonly name: string;
  readonly file: string;
  readonly content: () => string | Uint8Array;
  readonly exit: ExitCode;
  readonly code: ErrorCode;
  readonly says: RegExp;
}

export const REFUSED: readonly Refused[] = [
  {
    name: 'a million brackets that are not closed',
    file: 'open.json',
    content: () => `[${A},\n${'['.repeat(1e6)}`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 2, record 2: the input ends in the middle of a value/,
  },
  {
    name: 'a million objects on one line that are not closed',
    file: 'open.jsonl',
    content: () => `${A}\n${'{"k":'.repeat(1e6)}`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 2, record 2: not JSON .*the input ends in the middle of it/,
  },
  {
    name: 'a key of 17 MiB beside the records',
    file: 'key.json',
    content: () => `{"chunks":[${A}],\n"${large}":1}`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 2: a key has more than 16777216 bytes/,
  },
  {
    name: 'only a record of 17 MiB',
    file: 'large.jsonl',
    content: () => `{"id":"b","text":"${large}"}`,
    exit: 1,
    code: 'input-nothing-acceptable',
    says: /^The only record of the input cannot be accepted: .*rejects\.jsonl lists each\.$/,
  },
  {
    name: 'gzip of good records that is cut',
    file: 'cut.jsonl.gz',
    content: () => gzipSync(records(50)).subarray(0, -9),
    exit: 1,
    code: 'input-gzip',
    says: /cut, damaged/,
  },
  {
    name: 'a fault after good records, some of which were sorted to disk already',
    file: 'late.jsonl',
    content: () => `${records(100)}{"id":"z","text":"t"`,
    exit: 1,
    code: 'input-malformed',
    says: /^Line 101, record 101: not JSON .*the input ends in the middle of it/,
  },
];

/** Lines of 64 KiB; of a hundred lines, some are sorted to disk before the last is read. */
function records(count: number): string {
  const m = 'x'.repeat(64 * 1024);
  return Array.from({ length: count }, (_, at) => `{"id":"r${at}","text":"A good record.","m":"${m}"}\n`).join('');
}

/** An input of which some records are rejected. */
interface Rejecting {
  readonly name: string;
  readonly file: string;
  readonly content: () => string;
  /** Ids of the accepted records. */
  readonly ids: readonly string[];
  readonly rejected: readonly Omit<RejectLine, 'message' | 'keys'>[];
}

export const REJECTING: readonly Rejecting[] = [
  {
    name: 'a line that is no JSON between good ones',
    file: 'broken.jsonl',
    content: () => `${A}\n{"id":"b","text":"Be"ta"}\n${Z}\n`,
    ids: ['a', 'z'],
    rejected: [{ index: 1, line: 2, chunk_id: null, code: 'not-json', field: null }],
  },
  {
    name: 'a record of 17 MiB between good lines',
    file: 'large.jsonl',
    content: () => `${A}\n{"id":"b","text":"${large}"}\n${Z}\n`,
    ids: ['a', 'z'],
    rejected: [{ index: 1, line: 2, chunk_id: null, code: 'too-large', field: null }],
  },
  {
    name: 'a record of 17 MiB in an array',
    file: 'large.json',
    content: () => `[${A},\n{"id":"b","text":"${large}"},\n${Z}]`,
    ids: ['a', 'z'],
    rejected: [{ index: 1, line: 2, chunk_id: null, code: 'too-large', field: null }],
  },
  {
    name: 'a record of 17 MiB on the first line of a file that is not named .jsonl',
    file: 'first.json',
    content: () => `{"id":"b","text":"${large}"}\n${Z}`,
    ids: ['z'],
    rejected: [{ index: 0, line: 1, chunk_id: null, code: 'too-large', field: null }],
  },
  {
    name: 'a million nested lists',
    file: 'lists.jsonl',
    content: () => `${A}\n{"id":"b","text":"t","m":${lists(1e6)}}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: 'b', code: 'too-deep', field: 'm' }],
  },
  {
    name: 'a million nested lists as a record',
    file: 'record.json',
    content: () => `[${lists(1e6)},\n${A}]`,
    ids: ['a'],
    rejected: [{ index: 0, line: 1, chunk_id: null, code: 'not-an-object', field: null }],
  },
  {
    name: 'two equal ids that are deep objects',
    file: 'ids.jsonl',
    content: () => `${A}\n{"id":${objects(1e5)},"chunk_id":${objects(1e5)},"text":"t"}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: null, code: 'too-deep', field: 'chunk_id' }],
  },
  {
    name: 'a million values in one record',
    file: 'values.jsonl',
    content: () => `${A}\n{"id":"b","text":"t","m":[${'[],'.repeat(1e6)}0]}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: 'b', code: 'too-large', field: 'm' }],
  },
  {
    name: 'a key of 1 MiB',
    file: 'key.jsonl',
    content: () => `${A}\n{"id":"b","text":"t","${'k'.repeat(MIB)}":1e400}\n`,
    ids: ['a'],
    rejected: [{ index: 1, line: 2, chunk_id: 'b', code: 'unsafe-number', field: `${'k'.repeat(200)}...` }],
  },
  {
    name: 'deep lists beside the records, where they are allowed',
    file: 'beside.json',
    content: () => `{"note":${lists(1e5)},"chunks":[${A}]}`,
    ids: ['a'],
    rejected: [],
  },
];
