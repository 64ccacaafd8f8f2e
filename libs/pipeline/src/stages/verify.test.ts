import { beforeEach, describe, expect, it } from 'vitest';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { STORES, type JsonObject } from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import type { VerifyLevel } from '../receipts.ts';

const LEVELS: readonly VerifyLevel[] = ['counts', 'ids', 'content', 'vectors'];
const INPUTS: readonly JsonObject[] = [
  { id: 'a', text: 'first', document_id: 'd', chapter_title: 't', page_number: 1, created_at: '2025-12-05', tag: 'x' },
  { id: 'b', text: 'second', page_number: 2 },
  { id: 'c', text: 'third' },
  { id: 'd', text: 'fourth' },
];

let rig: CorpusRig;
let pointId: string;

beforeEach(async () => {
  rig = createCorpusRig({ payload: ['page_number', 'tag'] });
  await rig.load(INPUTS);
  rig.forgetCosts();
  pointId = await rig.pointIdOf('a');
});

const point = () => {
  const found = rig.vectors.collection?.points.get(pointId);
  if (found === undefined) throw new Error('no such point');
  return found;
};
const row = () => {
  const found = rig.rows.table.get(pointId);
  if (found === undefined) throw new Error('no such row');
  return found;
};
const orphan = '00000000-0000-5000-8000-000000000000';

interface Damage {
  readonly what: string;
  readonly plant: () => void;
  /** The lowest level that sees it. */
  readonly from: VerifyLevel;
  readonly expected: JsonObject;
}

const at = (store: string, kind: string, fields: string[] = []): JsonObject => ({
  store,
  kind,
  point_id: expect.any(String) as string,
  chunk_id: 'a',
  fields,
});

const DAMAGES: readonly Damage[] = [
  {
    what: 'a point that is missing',
    plant: () => rig.vectors.collection?.points.delete(pointId),
    from: 'counts',
    expected: at('qdrant', 'missing'),
  },
  {
    what: 'a row that is missing',
    plant: () => rig.rows.table.delete(pointId),
    from: 'counts',
    expected: at('neon', 'missing'),
  },
  {
    what: 'a point that nothing wants',
    plant: () => rig.vectors.collection?.points.set(orphan, structuredClone(point())),
    from: 'counts',
    expected: at('qdrant', 'orphaned'),
  },
  {
    what: 'a row that nothing wants',
    plant: () => rig.rows.table.set(orphan, { ...row(), pointId: orphan }),
    from: 'counts',
    expected: at('neon', 'orphaned'),
  },
  {
    what: 'a point in the place of another',
    plant: () => {
      rig.vectors.collection?.points.set(orphan, structuredClone(point()));
      rig.vectors.collection?.points.delete(pointId);
    },
    from: 'ids',
    expected: at('qdrant', 'missing'),
  },
  {
    what: 'a wrong label of a point',
    plant: () => (point().payload['content_hash'] = 'old'),
    from: 'ids',
    expected: at('qdrant', 'stale', ['content_hash']),
  },
  {
    what: 'a missing model of a point',
    plant: () => delete point().payload['model'],
    from: 'ids',
    expected: at('qdrant', 'stale', ['model']),
  },
  {
    what: 'a wrong label of a row',
    plant: () => (row().embeddingKey = 'old'),
    from: 'ids',
    expected: at('neon', 'stale', ['embedding_key']),
  },
  {
    what: 'a payload field that was edited by hand',
    plant: () => (point().payload['tag'] = 'edited'),
    from: 'content',
    expected: at('qdrant', 'stale', ['tag']),
  },
  {
    what: 'a payload field that was added by hand',
    plant: () => (point().payload['extra'] = 1),
    from: 'content',
    expected: at('qdrant', 'stale', ['extra']),
  },
  {
    what: 'a payload field that was lost',
    plant: () => delete point().payload['page_number'],
    from: 'content',
    expected: at('qdrant', 'stale', ['page_number']),
  },
  ...(
    [
      ['text', 'text', 'edited'],
      ['documentId', 'document_id', null],
      ['chapterTitle', 'chapter_title', 'edited'],
      ['pageNumber', 'page_number', 2],
      ['createdAt', 'created_at', null],
      ['metadata', 'metadata', { tag: 'x', more: 1 }],
    ] as const
  ).map(([field, column, value]): Damage => ({
    what: `an edited ${column} of a row with its old hash`,
    plant: () => Object.assign(row(), { [field]: value }),
    from: 'content',
    expected: at('neon', 'stale', [column]),
  })),
  {
    what: 'a vector that was swapped for that of another text',
    plant: () => {
      const other = [...(rig.vectors.collection?.points ?? [])].find(([id]) => id !== pointId);
      point().vector = (other?.[1].vector ?? new Float32Array()).slice();
    },
    from: 'vectors',
    expected: at('qdrant', 'vector', ['vector']),
  },
  {
    what: 'a vector of another size',
    plant: () => (point().vector = new Float32Array([1, 0, 0])),
    from: 'vectors',
    expected: at('qdrant', 'vector', ['vector']),
  },
];

describe('verify', () => {
  it.each(LEVELS)('finds no difference after a load at level %s, and changes nothing', async (level) => {
    const receipt = await rig.verify(level);
    expect(receipt).toMatchObject({
      ok: true,
      level,
      counts: { input: 4, cache: 4, qdrant: 4, neon: 4 },
      differencesCount: 0,
      targets: { qdrant: 'memory/points', neon: 'memory/rows' },
    });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(rig.ledger.cost.stampsRemoved).toBe(0);
    expect(JSON.parse(rig.artifacts.files.get(FILES.verifyReceipt) ?? '')).toEqual(receipt);
  });

  describe.each(DAMAGES)('$what', ({ what, plant, from, expected }) => {
    it.each(LEVELS)(`${what} is found from level ${from} on (tested at level %s)`, async (level) => {
      plant();
      const receipt = await rig.verify(level);
      const sees = LEVELS.indexOf(level) >= LEVELS.indexOf(from);
      expect(receipt.ok).toBe(!sees);
      if (sees) {
        expect(receipt.differences).toContainEqual(
          level === 'counts'
            ? { store: expected['store'], kind: 'count', point_id: null, chunk_id: null, fields: [] }
            : expected,
        );
      }
      expect(rig.costs()).toEqual(NO_COSTS);
      // The store at fault loses its stamp, the other keeps it.
      for (const store of STORES) {
        expect(rig.ledger.peek('books', store) === undefined).toBe(sees && store === expected['store']);
      }
    });

    it(`${what} is put right by the next load, which pays for nothing`, async () => {
      plant();
      expect(await rig.verify('vectors')).toMatchObject({ ok: false });
      await rig.load(INPUTS);
      const changed = rig.vectors.cost.upserted + rig.vectors.cost.payloads + rig.rows.cost.written;
      expect(changed).toBeLessThanOrEqual(1);
      expect(rig.costs()).toMatchObject({ requests: 0, inputs: 0 });
      expect(await rig.verify('vectors')).toMatchObject({ ok: true, differences: [] });
    });
  });

  it('a load writes only the payload when only the payload has drifted', async () => {
    point().payload['tag'] = 'edited';
    await rig.verify();
    const { qdrant } = await rig.load(INPUTS);
    expect(qdrant.plan.reasons).toEqual({ drift: 1 });
    expect(rig.costs()).toEqual({ ...NO_COSTS, payloads: 1 });
  });

  it('reports a vector that the slice lacks, and leaves the stamps of the stores', async () => {
    rig.embeddings.sliced.delete(row().embeddingKey);
    expect(await rig.verify()).toMatchObject({
      ok: false,
      counts: { input: 4, cache: 3 },
      differences: [{ store: 'cache', kind: 'missing', chunk_id: 'a' }],
    });
    expect(rig.ledger.cost.stampsRemoved).toBe(0);
  });

  it('accepts a vector that was scaled', async () => {
    point().vector = point().vector.map((value) => value * 3);
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });

  it('reports all differences of both stores at once', async () => {
    rig.vectors.collection?.points.clear();
    row().text = 'edited';
    const receipt = await rig.verify();
    expect(receipt).toMatchObject({ ok: false, differencesCount: 5, counts: { qdrant: 0, neon: 4 } });
    expect(rig.ledger.peek('books', 'qdrant') ?? rig.ledger.peek('books', 'neon')).toBeUndefined();
  });
});
