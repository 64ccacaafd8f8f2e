import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeleteMode, JsonObject } from '@lockstep/model';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing';

/** What a file may say of the chunk `c<id>`; `text` 0 makes the record one that is rejected. */
interface Line {
  readonly id: number;
  readonly text: number;
  readonly tag: number;
  readonly document: number;
}

const small = (max: number) => fc.integer({ min: 0, max });
const line: fc.Arbitrary<Line> = fc.record({ id: small(9), text: small(3), tag: small(2), document: small(1) });
const file = fc.uniqueArray(line, { selector: ({ id }) => id, maxLength: 10 });

/** An acceptable record comes first, since a file without any is refused. */
const recordsOf = (lines: readonly Line[]): JsonObject[] => [
  { id: 'always', text: 'always here' },
  ...lines.map(({ id, text, tag, document }) => ({
    id: `c${id}`,
    text: text === 0 ? '' : `text ${text}`,
    tag,
    document_id: `d${document}`,
  })),
];

/** What the stores are to hold after a run, by chunk id: the file's version, or the one that stays. */
type Model = Map<string, { text: string; tag: number | null; document: string | null }>;

function expected(before: Model, lines: readonly Line[], deletes: DeleteMode): Model {
  const after: Model = new Map([['always', { text: 'always here', tag: null, document: null }]]);
  const accepted = lines.filter(({ text }) => text !== 0);
  const documents = new Set(accepted.map(({ document }) => `d${document}`));
  const rejected = new Set(lines.filter(({ text }) => text === 0).map(({ id }) => `c${id}`));
  for (const { id, text, tag, document } of accepted) {
    after.set(`c${id}`, { text: `text ${text}`, tag, document: `d${document}` });
  }
  for (const [chunkId, version] of before) {
    if (after.has(chunkId)) continue;
    const gone = deletes === 'full' || (deletes === 'document' && documents.has(version.document ?? 'none'));
    if (rejected.has(chunkId) || !gone) after.set(chunkId, version);
  }
  return after;
}

const sorted = (model: Model): unknown[] => [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));

function inRows(rig: CorpusRig): Model {
  const entries = [...rig.rows.table.values()].map(({ chunkId, text, metadata, documentId }) => {
    const tag = (metadata['tag'] ?? null) as number | null;
    return [chunkId, { text, tag, document: documentId }] as const;
  });
  return new Map(entries);
}

/** Both stores hold the same ids and hashes, and every point the vector of its row's text. */
function expectInStep(rig: CorpusRig): void {
  const rows = [...rig.rows.table.values()].map((row) => [row.pointId, row.contentHash, row.embeddingKey]);
  const points = [...(rig.vectors.collection?.points ?? [])].map(([pointId, { payload }]) => [
    pointId,
    payload['content_hash'],
    payload['embedding_key'],
  ]);
  expect(points.toSorted()).toEqual(rows.toSorted());
}

it.each(['full', 'document', 'none'] as const)(
  'any files, one after the other, leave both stores with what they say (deletes: %s), and cost only what changed',
  async (deletes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), async (files) => {
        const rig = createCorpusRig({ deletes, batchItems: 2 });
        let model: Model = new Map();
        const paid = new Set<string>();
        for (const lines of files) {
          const before = model;
          model = expected(before, lines, deletes);
          rig.forgetCosts();
          await rig.load(recordsOf(lines));
          expect(sorted(inRows(rig))).toEqual(sorted(model));
          expectInStep(rig);
          const changed = [...model].filter(([id, now]) => JSON.stringify(before.get(id)) !== JSON.stringify(now));
          const edited = changed.filter(([id, now]) => before.get(id)?.text !== now.text);
          const fresh = new Set(changed.map(([, { text }]) => text).filter((text) => !paid.has(text)));
          const gone = [...before.keys()].filter((id) => !model.has(id)).length;
          for (const text of fresh) paid.add(text);
          expect({ ...rig.costs(), requests: 0 }).toEqual({
            ...NO_COSTS,
            inputs: fresh.size,
            upserted: edited.length,
            payloads: changed.length - edited.length,
            pointsDeleted: gone,
            written: changed.length,
            rowsDeleted: gone,
          });
          expect(await rig.verify('vectors')).toMatchObject({ ok: true });
        }
      }),
      { numRuns: 60 },
    );
  },
);

it('a run that is killed at any write, and one of another file after it, end in the same state', async () => {
  const kill = fc.record({ file, atWrite: fc.integer({ min: 1, max: 8 }), lands: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(kill, { minLength: 1, maxLength: 3 }), file, async (kills, last) => {
      const rig = createCorpusRig({ batchItems: 1 });
      for (const { file: lines, atWrite, lands } of kills) {
        let writes = 0;
        const ports = [rig.vectors, rig.rows];
        for (const port of ports) {
          port.beforeWrite = () => {
            writes += 1;
            // The write that was under way at the kill may have landed without being acknowledged.
            if (writes > atWrite || (writes === atWrite && !lands)) throw new Error('killed');
          };
        }
        await rig.load(recordsOf(lines)).catch((error: unknown) => {
          if (!(error instanceof Error) || error.message !== 'killed') throw error;
        });
        for (const port of ports) port.beforeWrite = undefined;
      }
      const before = inRows(rig);
      await rig.load(recordsOf(last));
      const held = last.some(({ text }) => text === 0);
      expect(sorted(inRows(rig))).toEqual(sorted(expected(before, last, 'full')));
      // A held chunk keeps what each store has of it, which a kill may have left apart; all others are in step.
      if (!held) expectInStep(rig);
      const verified = await rig.verify('vectors');
      expect(verified.differences.every(({ kind }) => kind === 'missing' || kind === 'apart')).toBe(true);
      expect(verified.ok || held).toBe(true);
      if (!verified.ok)
        expect(await rig.repair(recordsOf(last), { pay: true })).toMatchObject({ sides: { qdrant: 0, neon: 0 } });
      expectInStep(rig);
      await rig.load(recordsOf(last));
      rig.forgetCosts();
      await rig.load(recordsOf(last));
      expect(rig.costs()).toEqual(NO_COSTS);
    }),
    { numRuns: 100 },
  );
});
