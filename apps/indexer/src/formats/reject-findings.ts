import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES, placeText } from '@lockstep/pipeline';
import type { Input } from '../input/input-parts.ts';
import type { Finding } from '../outcome/finding.ts';

/** Records that are told one by one; the rest are counted. Twice as many as GitHub shows. */
const TOLD_MAX = 20;

/** A line of `rejects.jsonl`. The last one may only count those that are not listed. */
interface RejectLine {
  readonly file?: string;
  readonly index: number;
  readonly line: number;
  readonly chunk_id: string | null;
  readonly code: string;
  readonly message: string;
}

export interface RejectOptions {
  readonly corpus: string;
  /** The folder of the corpus, with what validate has just written. */
  readonly folder: string;
  /** The same, where its files stay. */
  readonly place: string | undefined;
  readonly input: Input;
  readonly kind: Finding['kind'];
}

/** The records that validate rejected, each with its file and line where its input is a file. */
export function rejectFindings({ corpus, folder, place, input, kind }: RejectOptions): Finding[] {
  const lines = readFileSync(join(folder, FILES.rejects), 'utf8').split('\n').slice(0, -1);
  const last = lines.at(-1);
  const unlisted = last === undefined ? undefined : (JSON.parse(last) as RejectLine);
  const isCounted = unlisted?.code === 'not-listed';
  const more = isCounted ? Number.parseInt(unlisted.message, 10) : 0;
  const each = isCounted ? lines.slice(0, -1) : lines;
  const told = each.slice(0, TOLD_MAX).map((line): Finding => {
    const { file: name, index, line: at, chunk_id: id, code, message } = JSON.parse(line) as RejectLine;
    const part = input.parts.find((one) => name === undefined || one.name === name);
    const file = part?.kind === 'file' ? part.path : undefined;
    return {
      kind,
      title: `${corpus}: record rejected (${code})`,
      message: `${placeText({ index })}${id === null ? '' : ` (${JSON.stringify(id)})`}: ${message}.`,
      file,
      line: file === undefined ? undefined : at,
    };
  });
  const rest = each.length - told.length + more;
  if (rest === 0) return told;
  const listed = place === undefined ? '`indexer validate` lists them' : `${join(place, FILES.rejects)} lists them`;
  const message = `${rest} more ${rest === 1 ? 'record was' : 'records were'} rejected; ${listed}.`;
  return [...told, { kind, title: `${corpus}: records rejected`, message, count: rest }];
}
