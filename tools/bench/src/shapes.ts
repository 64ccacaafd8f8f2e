import { createWriteStream, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { generatedRecords, type GeneratedRecord } from './generate-corpus.ts';
import { measure, type Measure } from './measure.ts';
import { INDEXER, profiled, type CorpusRun } from './scenarios.ts';

/** A way to write the same records, and the `fields` that say so where they are not recognised. */
interface WrittenShape {
  readonly name: string;
  readonly recordOf: (record: GeneratedRecord) => object;
  readonly fields?: Readonly<Record<string, string>>;
}

/** Our own shape first: the others are compared with it. */
const WRITTEN_SHAPES: readonly WrittenShape[] = [
  { name: 'own', recordOf: ({ text_snippet_preview: text, ...record }) => ({ ...record, text }) },
  {
    name: 'langchain',
    recordOf: (record) => ({
      id: record.chunk_id,
      page_content: record.text_snippet_preview,
      metadata: {
        source: record.document_id,
        title: record.chapter_title,
        page: record.page_number,
        created_at: record.created_at,
        topic: record.topic,
      },
      type: 'Document',
    }),
  },
  {
    name: 'mapped',
    recordOf: (record) => ({
      key: record.chunk_id,
      doc: { name: record.document_id, heading: record.chapter_title },
      p: record.page_number,
      words: record.text_snippet_preview,
      written: record.created_at,
      topic: record.topic,
    }),
    fields: { id: 'key', text: 'words', document: 'doc.name', title: 'doc.heading', page: 'p', created: 'written' },
  },
];

/** What `validate` used over records of one shape. */
export interface ShapeMeasure extends Measure {
  /** Size of the file, in 10^6 bytes. */
  readonly inputMb: number;
  /** CPU milliseconds without what the same command takes over a few records. */
  readonly workMs: number;
}

export interface ShapesResult {
  readonly chunks: number;
  /** One for each shape and round. */
  readonly shapes: readonly ShapeMeasure[];
}

/** Records of the file that is measured for what starting costs. */
const FEW_CHUNKS = 10;

/** Measures `validate` over the same records in our own shape, in LangChain's, and under names that `fields` maps, in turn. */
export async function measureShapes(run: CorpusRun, rounds: number): Promise<ShapesResult> {
  const { chunks, tell } = run;
  const inputs: { shape: WrittenShape; few: string; path: string; inputMb: number }[] = [];
  for (const shape of WRITTEN_SHAPES) {
    const few = await writeShape({ ...run, chunks: FEW_CHUNKS }, shape);
    const path = await writeShape(run, shape);
    inputs.push({ shape, few, path, inputMb: statSync(path).size / 1e6 });
  }
  const shapes: ShapeMeasure[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    tell(`${chunks} chunks: shapes, round ${round}`);
    for (const { shape, few, path, inputMb } of inputs) {
      const start = await measureShape({ ...run, chunks: FEW_CHUNKS, profiles: undefined }, shape, few);
      const measured = await measureShape({ ...run, ...profiled(run, `shapes-${round}`) }, shape, path);
      shapes.push({ ...measured, inputMb, workMs: measured.cpuMs - start.cpuMs });
    }
  }
  return { chunks, shapes };
}

/** Writes the records, with a `corpus.json` beside them; gives the path of the records. */
async function writeShape(
  { chunks, seed, folder }: CorpusRun,
  { name, recordOf, fields }: WrittenShape,
): Promise<string> {
  const corpus = `${name}-${chunks}`;
  const own = join(folder, corpus);
  mkdirSync(own);
  const path = join(own, 'chunks.jsonl');
  function* lines(): Generator<string> {
    for (const record of generatedRecords({ chunks, seed, edit: 'none' }))
      yield `${JSON.stringify(recordOf(record))}\n`;
  }
  writeFileSync(join(own, 'corpus.json'), JSON.stringify({ name: corpus, input: 'chunks.jsonl', fields }));
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return path;
}

async function measureShape(run: CorpusRun, { name }: WrittenShape, path: string): Promise<Measure> {
  const flags = ['--json', '--state-dir', join(run.folder, 'state')];
  const measured = await measure(name, [INDEXER, 'validate', dirname(path), ...flags], run);
  const { accepted, rejected } = JSON.parse(measured.stdout) as { accepted: number; rejected: number };
  // A figure for work that was not done would be worse than none.
  if (accepted !== run.chunks || rejected !== 0)
    throw new Error(`${name}: expected ${run.chunks} accepted, found ${accepted}, and ${rejected} rejected`);
  return measured;
}
