import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentHashOf, type Chunk, type JsonObject } from '@lockstep/model';
import { bytesOf, collect } from '@lockstep/testing-ports';
import { createCorpusRig, inBothStores, storedTexts } from '@lockstep/testing-runs';
import { OWN_SHAPE } from './recognise-shape.ts';
import { SHAPES } from './shapes.ts';

const FOLDER = join(import.meta.dirname, '../../../../../fixtures/shapes');
const EXPECTED = '.expected.json';
const FILES = readdirSync(FOLDER).filter((name) => name !== 'README.md');
const NAMES = [OWN_SHAPE, ...SHAPES.map(({ name }) => name)];

/** A row as its fixture states it, by the names of the columns. */
interface ExpectedRow {
  readonly chunk_id: string;
  readonly document_id: string | null;
  readonly chapter_title: string | null;
  readonly page_number: number | null;
  readonly text: string;
  readonly created_at: string | null;
  readonly metadata: JsonObject;
}

const textOf = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const filesOf = (shape: string): readonly string[] =>
  FILES.filter((name) => name.split('.', 1)[0] === shape && !name.endsWith(EXPECTED));

const rowOf = ({ chunkId, documentId, chapterTitle, pageNumber, text, createdAt, metadata }: Chunk): ExpectedRow => ({
  chunk_id: chunkId,
  document_id: documentId,
  chapter_title: chapterTitle,
  page_number: pageNumber,
  text,
  created_at: createdAt,
  metadata,
});

const chunkOf = (row: ExpectedRow): Chunk => ({
  chunkId: row.chunk_id,
  documentId: row.document_id,
  chapterTitle: row.chapter_title,
  pageNumber: row.page_number,
  text: row.text,
  createdAt: row.created_at,
  metadata: row.metadata,
});

function sorted<Item extends { readonly chunk_id?: unknown }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => (String(a.chunk_id) < String(b.chunk_id) ? -1 : 1));
}

describe('files of every shape', () => {
  it('each shape has one file and its expected rows, and no file is of another shape', () => {
    expect(FILES.toSorted()).toEqual(NAMES.flatMap((name) => [`${name}${EXPECTED}`, ...filesOf(name)]).toSorted());
    expect(NAMES.filter((name) => filesOf(name).length !== 1)).toEqual([]);
  });

  it.each(NAMES)('a file of the shape %s gives the rows and points that are written beside it', async (shape) => {
    const [file = ''] = filesOf(shape);
    const expected = sorted(JSON.parse(textOf(`${shape}${EXPECTED}`)) as ExpectedRow[]);
    const keys = new Set(expected.flatMap(({ metadata }) => Object.keys(metadata)));
    const rig = createCorpusRig({
      payload: ['chapter_title', 'page_number', 'created_at', ...keys],
      ports: { input: (read) => read([{ name: file, bytes: bytesOf(textOf(file)) }]) },
    });
    const { validate, verify } = await rig.run([]);
    expect(validate).toMatchObject({ shape: { shape }, rejected: 0, accepted: expected.length });
    expect(verify?.ok).toBe(true);

    const rows = (await collect(rig.rows.scanRows(rig.corpus))).flat();
    expect(sorted(rows.map(rowOf))).toEqual(expected);

    const points = (await collect(rig.vectors.scan(rig.corpus))).flat();
    const payloads = points.map(
      ({ payload: { model: _model, embedding_key: _key, projection: _id, ...fields } }) => fields,
    );
    expect(sorted(payloads)).toEqual(
      expected.map((row) => {
        const { text: _text, metadata, ...labels } = row;
        return { ...metadata, ...labels, corpus: rig.corpus, content_hash: contentHashOf(chunkOf(row)) };
      }),
    );
    // Each point has the vector of its row's text.
    expect(storedTexts(rig)).toEqual(
      inBothStores(Object.fromEntries(rows.map(({ chunkId, text }) => [chunkId, text]))),
    );
  });
});
