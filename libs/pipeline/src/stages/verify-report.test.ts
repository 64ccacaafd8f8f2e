import { describe, expect, it } from 'vitest';
import { STORES, type DeleteMode, type JsonObject, type StoreName } from '@lockstep/model';
import { createMemoryVectorStore, type MemoryPoint, type MemoryRow } from '@lockstep/testing-ports';
import { createCorpusRig, type CorpusRig } from '@lockstep/testing-runs';
import { FILES } from '../files/corpus-files.ts';
import { SHOWN_DIFFERENCES } from './difference-log.ts';
import { verify } from './verify.ts';
import { VERIFY_LEVELS, type Difference, type VerifyLevel, type VerifyReceipt } from '../receipts.ts';

const inputs = (count: number): { id: string; text: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

function fileOf(rig: CorpusRig): VerifyReceipt {
  return JSON.parse(rig.artifacts.files.get(FILES.verifyReceipt) ?? '') as VerifyReceipt;
}

describe('a verify receipt of thousands of differences', () => {
  /** Nothing was loaded, one chunk has no vector, and one point belongs to no chunk. */
  async function manyDifferences(chunks: number) {
    const rig = createCorpusRig({ batchItems: 1_000, vectors: createMemoryVectorStore({ pageItems: 1_000 }) });
    await rig.validate(inputs(chunks));
    await rig.embed();
    await rig.provision();
    const [key] = rig.embeddings.sliced.keys();
    rig.embeddings.sliced.delete(key ?? '');
    const payload = { corpus: 'books', chunk_id: 'orphan' };
    rig.vectors.collection?.points.set('ffffffff-ffff-5fff-bfff-ffffffffffff', {
      payload,
      vector: new Float32Array(8).fill(1),
    });
    return rig;
  }

  it('the receipt has the first differences and its file all of them, in the order of cache, points and rows by id', async () => {
    const rig = await manyDifferences(2_500);
    const receipt = await rig.verify('ids');
    const file = fileOf(rig);
    expect(receipt).toMatchObject({
      ok: false,
      differencesCount: 5_002,
      sides: { cache: 1, qdrant: 2_501, neon: 2_500 },
      counts: { input: 2_500, cache: 2_499, qdrant: 1, neon: 0 },
    });
    expect({ ...receipt, differences: file.differences }).toEqual(file);
    expect(receipt.differences).toHaveLength(SHOWN_DIFFERENCES);
    expect(receipt.differences).toEqual(file.differences.slice(0, SHOWN_DIFFERENCES));
    const order = { cache: 0, qdrant: 1, neon: 2 };
    const places = file.differences.map(({ store, point_id }) => `${order[store]} ${point_id}`);
    expect(places).toEqual([...new Set(places)].toSorted());
    expect(places).toHaveLength(5_002);
    expect(file.differences.filter(({ kind }) => kind === 'orphaned')).toEqual([
      expect.objectContaining({ store: 'qdrant', chunk_id: 'orphan' }),
    ]);
    // One line each, as people read it.
    const lines = rig.artifacts.files.get(FILES.verifyReceipt)?.split('\n') ?? [];
    expect(lines.filter((line) => /^ {4}\{"store":.*\},?$/.test(line))).toHaveLength(5_002);
  });

  it('the receipt file is written one difference at a time, and is never in memory as a whole', async () => {
    const rig = await manyDifferences(300);
    const { artifacts } = rig;
    let longest = 0;
    const context = {
      ...rig.context,
      artifacts: {
        ...artifacts,
        async write(name: string) {
          const writer = await artifacts.write(name);
          const write = (text: string): Promise<void> => {
            longest = Math.max(longest, text.split('"point_id"').length - 1);
            return writer.write(text);
          };
          return { ...writer, write };
        },
      },
    };
    const { vectors, rows, projection, embeddings } = rig;
    const options = { vectors, rows, projection, slice: embeddings.slice, deletes: 'full', level: 'ids' } as const;
    const receipt = await verify(context, { ...options, vectorsEvery: 1 });
    expect([receipt.differencesCount, receipt.differences.length, longest]).toEqual([602, SHOWN_DIFFERENCES, 1]);
    expect(fileOf(rig).differences).toHaveLength(602);
    expect(artifacts.leaks()).toEqual({ writers: 0, scratches: 0 });
  });

  it('each verify replaces the receipt of the last one, and a verify that fails leaves none', async () => {
    const rig = await manyDifferences(30);
    await rig.verify();
    expect(fileOf(rig).differences).toHaveLength(62);
    rig.vectors.collection?.points.clear();
    await rig.load(inputs(30));
    expect(await rig.verify()).toEqual(fileOf(rig));
    expect(fileOf(rig)).toMatchObject({ ok: true, differences: [] });
    rig.rows.scanRows = () => {
      throw new Error('cut off');
    };
    await expect(rig.verify()).rejects.toThrow('cut off');
    expect(rig.artifacts.files.has(FILES.verifyReceipt)).toBe(false);
    expect(rig.artifacts.leaks()).toEqual({ writers: 0, scratches: 0 });
  });
});

describe('verify of one store alone', () => {
  it.each(STORES)('verify of %s alone reports nothing of the other store, and leaves its stamp', async (store) => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    rig.vectors.collection?.points.delete(await rig.pointIdOf('c0'));
    rig.rows.table.delete(await rig.pointIdOf('c0'));
    const { context, vectors, rows, ledger, projection, embeddings } = rig;
    const receipt = await verify(context, {
      ...(store === 'qdrant' ? { vectors } : { rows }),
      ledger,
      projection,
      slice: embeddings.slice,
      deletes: 'full',
      level: 'vectors',
      vectorsEvery: 1,
    });
    const other = store === 'qdrant' ? 'neon' : 'qdrant';
    expect(receipt).toMatchObject({
      ok: false,
      counts: { input: 3, cache: 3, [store]: 2, [other]: null },
      sides: { cache: 0, [store]: 1, [other]: 0 },
    });
    expect(Object.keys(receipt.targets)).toEqual([store]);
    expect([ledger.peek('books', store), ledger.peek('books', other)?.count]).toEqual([undefined, 3]);
  });

  it('verify of one store alone does not compare point and row of held chunks', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    const pointId = await rig.pointIdOf('c2');
    await rig.load([...inputs(2), { id: 'c2' }]);
    rig.rows.table.delete(pointId);
    const { context, vectors, projection, embeddings } = rig;
    const options = {
      projection,
      slice: embeddings.slice,
      deletes: 'full',
      level: 'content',
      vectorsEvery: 1,
    } as const;
    expect(await verify(context, { ...options, vectors })).toMatchObject({ ok: true, held: 1 });
    expect(await rig.verify()).toMatchObject({ ok: false, sides: { qdrant: 0, neon: 1 } });
  });
});

describe('vectors that were recovered from the collection', () => {
  it('recovered vectors are counted as not comparable at level vectors, and at no other', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(4));
    rig.embeddings.paid.clear();
    rig.embeddings.sliced.clear();
    const [lost] = rig.vectors.collection?.points.keys() ?? [];
    rig.vectors.collection?.points.delete(lost ?? '');
    await rig.validate(inputs(4));
    expect(await rig.recover()).toMatchObject({ wanted: 4, recovered: 3 });
    await rig.load(inputs(4));
    expect(await rig.verify('vectors')).toMatchObject({ ok: true, notComparable: 3 });
    for (const level of ['counts', 'ids', 'content'] as const) {
      expect(await rig.verify(level)).toMatchObject({ ok: true, notComparable: 0 });
    }
  });

  it('no vector is counted as not comparable when all were paid for', async () => {
    const rig = createCorpusRig();
    await rig.load(inputs(3));
    expect(await rig.verify('vectors')).toMatchObject({ ok: true, notComparable: 0 });
  });
});

it('comparing every n-th vector finds the wrong ones among those', async () => {
  const rig = createCorpusRig();
  await rig.load(inputs(7));
  for (const point of rig.vectors.collection?.points.values() ?? []) point.vector = point.vector.toReversed();
  const { context, vectors, projection, embeddings } = rig;
  const options = { vectors, projection, slice: embeddings.slice, deletes: 'full', level: 'vectors' } as const;
  const found = async (vectorsEvery: number) => (await verify(context, { ...options, vectorsEvery })).differencesCount;
  expect([await found(1), await found(2), await found(3), await found(100)]).toEqual([7, 4, 3, 1]);
});

describe.each([
  ['held', 'full', [...inputs(3), { id: 'c3', text: '' }]],
  ['kept', 'none', inputs(3)],
] as const)('a chunk that is %s', (what, deletes: DeleteMode, records: readonly JsonObject[]) => {
  interface Damage {
    readonly damage: string;
    readonly plant: (stored: { rig: CorpusRig; pointId: string; point: MemoryPoint; row: MemoryRow }) => void;
    readonly from: VerifyLevel;
    readonly store: StoreName;
    readonly kind: Difference['kind'];
    readonly fields?: readonly string[];
  }

  const DAMAGES: readonly Damage[] = [
    {
      damage: 'has lost its row',
      plant: ({ rig, pointId }) => rig.rows.table.delete(pointId),
      from: 'ids',
      store: 'neon',
      kind: 'missing',
    },
    {
      damage: 'has lost its point',
      plant: ({ rig, pointId }) => rig.vectors.collection?.points.delete(pointId),
      from: 'ids',
      store: 'qdrant',
      kind: 'missing',
    },
    {
      damage: 'has a point of another version than its row',
      plant: ({ point }) => (point.payload['content_hash'] = 'of another version'),
      from: 'ids',
      store: 'qdrant',
      kind: 'apart',
      fields: ['content_hash'],
    },
    {
      damage: 'has a row that was edited by hand',
      plant: ({ row }) => (row.text = 'edited'),
      from: 'content',
      store: 'neon',
      kind: 'stale',
      fields: ['content_hash'],
    },
  ];

  async function stored(rig = createCorpusRig({ deletes })) {
    await rig.load(inputs(4));
    const pointId = await rig.pointIdOf('c3');
    await rig.load(records);
    const point = rig.vectors.collection?.points.get(pointId);
    const row = rig.rows.table.get(pointId);
    if (point === undefined || row === undefined) throw new Error('it did not stay');
    return { rig, pointId, point, row };
  }

  it.each(VERIFY_LEVELS)(`a ${what} chunk whose copies are unchanged is in step at level %s`, async (level) => {
    const { rig } = await stored();
    expect(await rig.verify(level)).toMatchObject({ ok: true, [what]: level === 'counts' ? 0 : 1 });
  });

  describe.each(DAMAGES)('that $damage', ({ damage, plant, from, store, kind, fields = [] }) => {
    it.each(VERIFY_LEVELS)(
      `a ${what} chunk that ${damage} is reported from level ${from} on (tested at level %s)`,
      async (level) => {
        const place = await stored();
        plant(place);
        const { rig, pointId } = place;
        const receipt = await rig.verify(level);
        const sees = VERIFY_LEVELS.indexOf(level) >= VERIFY_LEVELS.indexOf(from);
        expect(receipt.differences).toEqual(sees ? [{ store, kind, point_id: pointId, chunk_id: 'c3', fields }] : []);
        expect(receipt.sides).toEqual({ cache: 0, qdrant: 0, neon: 0, ...(sees ? { [store]: 1 } : {}) });
        for (const side of STORES) {
          expect(rig.ledger.peek('books', side) === undefined).toBe(sees && side === store);
        }
      },
    );
  });

  it(`three differences among 299 ${what} chunks are all reported`, async () => {
    const rig = createCorpusRig({ deletes, batchItems: 300, vectors: createMemoryVectorStore({ pageItems: 300 }) });
    await rig.load(inputs(300));
    const ids = await Promise.all([5, 130, 290].map((at) => rig.pointIdOf(`c${at}`)));
    const others = inputs(300).slice(1);
    await rig.load([...inputs(1), ...(what === 'held' ? others.map(({ id }) => ({ id })) : [])]);
    expect(rig.rows.table.size).toBe(300);
    for (const pointId of ids) rig.rows.table.delete(pointId);
    expect(await rig.verify()).toMatchObject({ differencesCount: 3, [what]: 299 });
    expect(fileOf(rig).differences.map(({ point_id }) => point_id)).toEqual(ids.toSorted());
  });
});
