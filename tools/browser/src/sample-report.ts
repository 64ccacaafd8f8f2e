import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import type { StageRecord } from '@lockstep/model';
import {
  DIFFERENCE_COLUMNS,
  histogram,
  packTable,
  REJECT_COLUMNS,
  type CellValue,
  type ListedTable,
  type ReportCorpus,
  type ReportData,
  type ReportRun,
} from '@lockstep/report';

const deflate = promisify(deflateRaw);

type Row = readonly CellValue[];

/** A list of a report from its rows; `unlisted` more are only counted. */
export async function listOf(names: readonly string[], rows: readonly Row[], unlisted = 0): Promise<ListedTable> {
  const columns = Object.fromEntries(names.map((name, at) => [name, rows.map((row) => row[at] ?? null)]));
  return { table: await packTable(columns, deflate), listed: rows.length, total: rows.length + unlisted };
}

const QDRANT = 'qdrant.example.com:6333/docs_vectors';
const NEON = 'pg.example.com/search/rag_metadata';
const MODEL = 'text-embedding-3-small';

/** Each with its chunks. */
const CORPORA = [
  ['changelog', 412],
  ['faq', 186],
  ['handbook', 2_310],
  ['reference', 8_204],
] as const;

const DAY_MS = 24 * 60 * 60 * 1000;
const FIRST_MS = Date.parse('2026-09-01T06:00:00.000Z');
const MADE_AT = '2026-10-31T09:30:00.000Z';

/** Numbers from 0 to 1 that look random and are the same each time. */
function createNumbers(): () => number {
  let state = 12_345;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** A report of four corpora over two months, always the same, in which every panel has something to show. */
export async function sampleReport(): Promise<ReportData> {
  const next = createNumbers();
  const runs = Array.from({ length: 60 }, (_, day) => runOf(day, next)).toReversed();
  const rejects = Array.from({ length: 640 }, (_, at): Row => {
    const [code, field, message] = REASONS[at % REASONS.length] as (typeof REASONS)[number];
    return ['reference', `pages/${at % 37}.jsonl`, at * 3 + 2, at * 3 + 1, `page-${at}`, code, field, message];
  });
  const differences = Array.from({ length: 12 }, (_, at): Row => {
    const [store, kind, fields] = at % 3 === 0 ? ['neon', 'missing', null] : ['qdrant', 'stale', 'text'];
    return [
      'faq',
      store as string,
      kind as string,
      `question-${at + 40}`,
      `0f3c9a1e-0000-5000-8000-${String(at).padStart(12, '0')}`,
      fields ?? null,
    ];
  });
  return {
    reportVersion: 1,
    madeAt: MADE_AT,
    program: '1.0.0',
    corpora: CORPORA.map(([corpus, chunks]) => corpusOf(corpus, chunks, next)),
    others: [{ store: 'qdrant', target: QDRANT, corpus: 'old-handbook', count: 1_870 }],
    runs,
    differences: await listOf(DIFFERENCE_COLUMNS, differences),
    rejects: await listOf(REJECT_COLUMNS, rejects),
    evaluations: Array.from({ length: 16 }, (_, at) => {
      const value = 0.78 + 0.008 * at + 0.02 * next();
      const around = (mean: number) => ({ value: mean, low: mean - 0.03, high: mean + 0.03 });
      return {
        corpus: 'handbook',
        at: new Date(FIRST_MS + at * 4 * DAY_MS).toISOString(),
        model: MODEL,
        questionsFrom: 'handbook/questions.json',
        questions: 320,
        metrics: { 'recall@10': around(value), 'MRR@10': around(value - 0.16), 'nDCG@10': around(value - 0.09) },
      };
    }),
    problems: [],
  };
}

const REASONS = [
  ['text-missing', 'text', 'expected a text, found none'],
  ['text-blank', 'text', 'expected a text with something visible, found only spaces'],
  ['id-invalid', 'id', 'expected an id of at most 512 bytes, found one of 730'],
] as const;

function corpusOf(corpus: string, chunks: number, next: () => number): ReportCorpus {
  const isStale = corpus === 'faq';
  const isNew = corpus === 'reference';
  const lengths = Array.from({ length: chunks }, () => Math.floor(180 + 900 * next() + 700 * next() * next()));
  const unchanged = { unchanged: chunks, held: 0, kept: 0 };
  const nothing = { add: 0, change: 0, delete: 0, reasons: {}, ...unchanged };
  const changes = {
    add: 120,
    change: 34,
    delete: 8,
    reasons: { missing: 120, text: 34 },
    ...unchanged,
    unchanged: chunks - 42,
  };
  return {
    corpus,
    folder: `docs/${corpus}`,
    state: isStale ? 'differs' : isNew ? 'outdated' : 'in-step',
    mark: isStale ? 'bad' : isNew ? 'warning' : 'good',
    says: isStale
      ? 'NOT IN STEP: the last verify found differences'
      : isNew
        ? 'OUTDATED: the input is another one than that of load #15 of 2026-10-30 06:00Z'
        : 'in step',
    advice: null,
    next: isStale || isNew ? `npx indexer run docs/${corpus}` : null,
    verified: isStale || isNew ? null : { at: '2026-10-31T06:04:00.000Z', compared: 'all fields compared' },
    counts: { input: chunks + (isNew ? 112 : 0), cache: chunks, qdrant: chunks, neon: chunks - (isStale ? 4 : 0) },
    targets: { qdrant: QDRANT, neon: NEON },
    model: MODEL,
    input: {
      records: chunks + (isNew ? 640 : 0),
      accepted: chunks,
      rejected: isNew ? 640 : 0,
      duplicates: 2,
      held: 0,
      textBytes: lengths.reduce((sum, length) => sum + length, 0),
      rejects: isNew ? REASONS.map(([code]) => ({ code, count: 213 })) : [],
    },
    compared: {
      at: '2026-10-31T06:03:40.000Z',
      level: 'content',
      differences: isStale ? 12 : 0,
      sides: { cache: 0, qdrant: isStale ? 8 : 0, neon: isStale ? 4 : 0 },
    },
    plan: {
      stores: { qdrant: isNew ? changes : nothing, neon: isNew ? changes : nothing },
      texts: isNew ? 154 : 0,
      tokens: isNew ? 41_300 : 0,
      dollars: isNew ? 0.000_826 : 0,
      tokensSaved: Math.round(chunks * 190),
      dollarsSaved: chunks * 190 * 2e-8,
      refused: null,
    },
    texts: {
      chunks,
      measured: chunks,
      counted: chunks,
      tokensMax: 8_192,
      characters: histogram(lengths),
      tokens: histogram(lengths.map((length) => Math.round(length / 4.2))),
    },
  };
}

/** The run of a day: each corpus in turn, now and then one that failed. */
function runOf(day: number, next: () => number): ReportRun {
  const [corpus, chunks] = CORPORA[day % CORPORA.length] as (typeof CORPORA)[number];
  const startMs = FIRST_MS + day * DAY_MS;
  const isFailed = day === 21 || day === 46;
  const written = day < CORPORA.length ? chunks : Math.floor(chunks * 0.04 * next());
  const seconds = [2 + next(), 3 + written / 60, 1, 4 + written / 400, 3 + written / 900, 5 + chunks / 900];
  let at = startMs;
  const calls = (retries: number) => ({
    requests: Math.ceil(written / 64) + 2,
    retries,
    breakerOpened: retries > 5 ? 1 : 0,
  });
  const stages = (['validate', 'embed', 'provision', 'load-qdrant', 'load-neon', 'verify'] as const)
    .slice(0, isFailed ? 4 : 6)
    .map((stage, place): StageRecord => {
      const durationMs = Math.round((seconds[place] as number) * 1000);
      const startedAt = new Date(
        stage === 'load-neon' ? at - Math.round((seconds[3] as number) * 1000) : at,
      ).toISOString();
      if (stage !== 'load-neon') at += durationMs;
      const isLoad = stage.startsWith('load');
      return {
        stage,
        startedAt,
        durationMs,
        outcome: isFailed && stage === 'load-qdrant' ? 'failed' : 'done',
        embedded: stage === 'embed' ? written : null,
        written: isLoad && !isFailed ? written : null,
        deleted: isLoad && !isFailed ? Math.floor(written / 9) : null,
        calls:
          stage === 'embed'
            ? { openai: calls(day % 9 === 0 ? 3 : 0) }
            : stage === 'load-qdrant'
              ? { qdrant: calls(isFailed ? 8 : 0) }
              : stage === 'load-neon'
                ? { neon: calls(0) }
                : {},
      };
    });
  const tokensPaid = written * 190;
  const total = (name: 'openai' | 'qdrant' | 'neon') =>
    stages.flatMap((stage) => stage.calls[name] ?? [])[0] ?? calls(0);
  return {
    runId: `run-${day}`,
    corpus,
    fence: Math.floor(day / CORPORA.length) + 1,
    kind: 'load',
    model: MODEL,
    qdrantTarget: QDRANT,
    neonTarget: NEON,
    startedAt: new Date(startMs).toISOString(),
    state: 'ended',
    dollars: tokensPaid * 2e-8,
    end: {
      finishedAt: new Date(at).toISOString(),
      outcome: isFailed ? 'failed' : 'done',
      error: isFailed ? 'service-unavailable' : null,
      counts: {
        input: chunks,
        qdrant: chunks,
        neon: chunks,
        pointsWritten: isFailed ? null : written,
        pointsDeleted: isFailed ? null : Math.floor(written / 9),
        rowsWritten: isFailed ? null : written,
        rowsDeleted: isFailed ? null : Math.floor(written / 9),
      },
      tokensPaid,
      tokensSaved: (chunks - written) * 190,
      embeddedAt: null,
      work: {
        stages,
        calls: { openai: total('openai'), qdrant: total('qdrant'), neon: total('neon') },
        dollars: tokensPaid * 2e-8,
      },
    },
  };
}
