import { describe, expect, it } from 'vitest';
import type { JsonValue } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig, type CorpusRigOptions } from '@lockstep/testing-runs';

const inputs = (prefix: string, count = 3): JsonValue[] =>
  Array.from({ length: count }, (_, at) => ({ id: `${prefix}${at}`, text: `text ${prefix} ${at}` }));

/** LangChain Documents, with an id each or without one. */
const documents = (texts: readonly string[], id: (at: number) => string | null): JsonValue[] =>
  texts.map((text, at) => ({ id: id(at), page_content: text, metadata: { source: 'a.pdf' }, type: 'Document' }));

const TEXTS = ['one', 'two', 'three'];
const without = documents(TEXTS, () => null);
const withIds = documents(TEXTS, (at) => `doc-${at}`);

/** Another machine, whose rig has other options, over the same stores. */
const elsewhere = ({ vectors, rows, ledger }: CorpusRig, options: CorpusRigOptions): CorpusRig => {
  const rig = createCorpusRig({ vectors, rows, ledger, ...options });
  rig.forgetCosts();
  return rig;
};

const named = (shown: string): CorpusRigOptions => ({ input: { shown, secondName: `second-of-${shown}` } });
const idsIn = ({ rows }: CorpusRig): string[] => [...rows.table.values()].map(({ chunkId }) => chunkId).sort();

/** What a single stage may do to a corpus from which a run is refused. */
const WAYS: readonly [string, (rig: CorpusRig, records: readonly JsonValue[]) => Promise<unknown>][] = [
  ['run', (rig, records) => rig.run(records)],
  ['repair', (rig, records) => rig.repair(records, { pay: true })],
  ['plan alone', async (rig, records) => (await rig.validate(records), rig.plan())],
  ['embed alone', async (rig, records) => (await rig.validate(records), rig.embed())],
  ['provision alone', async (rig, records) => (await rig.validate(records), rig.provision())],
];

describe('a corpus that is named after its input', () => {
  it.each(WAYS)(
    'is refused when it is read from another input, before anything is paid or written: %s',
    async (_, way) => {
      const first = createCorpusRig(named('a/chunks.jsonl'));
      await first.run(inputs('a'));
      const { fence } = (await first.ledger.fenceHolder('books')) as { fence: number };
      const second = elsewhere(first, named('b/chunks.jsonl'));
      const error = await failureOf(way(second, inputs('b')));
      expect(error).toMatchObject({ code: 'other-input' });
      expect(error.message).toContain('"a/chunks.jsonl"');
      expect(error.message).toContain('"b/chunks.jsonl"');
      expect(error.message).toContain('--corpus books puts');
      expect(error.message).toContain('--corpus second-of-b/chunks.jsonl makes');
      expect(second.costs()).toEqual(NO_COSTS);
      expect(await first.ledger.fenceHolder('books')).toMatchObject({ fence });
      expect(idsIn(second)).toEqual(['a0', 'a1', 'a2']);
      // The first input goes on as before.
      first.forgetCosts();
      await first.run(inputs('a'));
      expect(first.costs()).toEqual(NO_COSTS);
    },
  );

  it('takes another input where the name is given, and remembers that one then', async () => {
    const first = createCorpusRig(named('a/chunks.jsonl'));
    await first.run(inputs('a'));
    const stated = elsewhere(first, { input: { shown: 'b/chunks.jsonl' } });
    await stated.run(inputs('b'));
    expect(idsIn(stated)).toEqual(['b0', 'b1', 'b2']);
    await elsewhere(first, named('b/chunks.jsonl')).run(inputs('b'));
    expect(await failureOf(first.run(inputs('a')))).toMatchObject({ code: 'other-input' });
  });

  it('and was loaded by a version that remembered no input is not refused, and its input is remembered from then on', async () => {
    const first = createCorpusRig();
    await first.run(inputs('a'));
    await elsewhere(first, named('b/chunks.jsonl')).run(inputs('a'));
    expect(await failureOf(elsewhere(first, named('a/chunks.jsonl')).run(inputs('a')))).toMatchObject({
      code: 'other-input',
    });
  });

  it('is new after a drop', async () => {
    const first = createCorpusRig(named('a/chunks.jsonl'));
    await first.run(inputs('a'));
    await first.drop();
    await elsewhere(first, named('b/chunks.jsonl')).run(inputs('b'));
  });

  it('of which two inputs are loaded for the first time at once keeps the one whose run took its fence first in mind', async () => {
    const first = createCorpusRig(named('a/chunks.jsonl'));
    const second = elsewhere(first, named('b/chunks.jsonl'));
    await second.validate(inputs('b'));
    const planned = (await second.plan()).stores;
    await first.load(inputs('a'));
    // The plan of the second run was before the first run.
    expect(await failureOf(second.provision({ planned }))).toMatchObject({ code: 'other-input' });
    expect(idsIn(second)).toEqual(['a0', 'a1', 'a2']);
    // The refused run is in the run table, and its input is not what the corpus remembers.
    await first.run(inputs('a'));
  });
});

describe('the ids of a corpus', () => {
  it.each(WAYS)('may not come from elsewhere unasked: %s', async (_, way) => {
    const first = createCorpusRig();
    await first.run(withIds);
    const stored = idsIn(first);
    const second = elsewhere(first, {});
    const error = await failureOf(way(second, without));
    expect(error).toMatchObject({ code: 'other-ids' });
    expect(error.message).toMatch(/those under id .read as lockstep.* derived from metadata\.source and page_content/);
    expect(error.message).toContain('--allow-new-ids (through Nx: LOCKSTEP_ALLOW_NEW_IDS=1)');
    expect(second.costs()).toEqual(NO_COSTS);
    expect(idsIn(second)).toEqual(stored);
  });

  it('that were derived may not be those of the file unasked, and the message has the line to add', async () => {
    const first = createCorpusRig();
    await first.run(without);
    const error = await failureOf(elsewhere(first, {}).run(withIds));
    expect(error).toMatchObject({ code: 'other-ids' });
    expect(error.message).toContain('"fields": { "id": "id" }');
    await elsewhere(first, { fields: { id: 'id' } }).run(withIds);
    expect(idsIn(first)).toEqual(['doc-0', 'doc-1', 'doc-2']);
  });

  it('are replaced where that is allowed, and the new source is remembered', async () => {
    const first = createCorpusRig();
    await first.run(withIds);
    await elsewhere(first, { allowNewIds: true }).run(without);
    await elsewhere(first, {}).run(without);
    expect(await failureOf(first.run(withIds))).toMatchObject({ code: 'other-ids' });
  });

  it('may come from elsewhere when the user says something else of the fields than before', async () => {
    const records = (id: string): JsonValue[] => TEXTS.map((body, at) => ({ [id]: `${id}-${at}`, body, note: body }));
    const first = createCorpusRig({ fields: { text: 'body' } });
    await first.run(records('_id'));
    // The same words as before do not say that the ids are others.
    expect(await failureOf(elsewhere(first, { fields: { text: 'body' } }).run(records('uuid')))).toMatchObject({
      code: 'other-ids',
    });
    await elsewhere(first, { fields: { text: 'note' } }).run(records('uuid'));
    // And saying nothing any more is no statement.
    expect(await failureOf(elsewhere(first, {}).run(records('_id')))).toMatchObject({ code: 'other-ids' });
  });

  it('stay where the shape is another and the ids come from the same place', async () => {
    const first = createCorpusRig();
    await first.run(TEXTS.map((text, at) => ({ id: `doc-${at}`, text })));
    const second = elsewhere(first, {});
    await second.run(withIds);
    expect(idsIn(second)).toEqual(['doc-0', 'doc-1', 'doc-2']);
  });

  it('are those of most records: a few records without an id do not change where ids come from', async () => {
    const first = createCorpusRig();
    await first.run(inputs('a', 4));
    const second = elsewhere(first, {});
    await second.run([{ text: 'without an id' }, ...inputs('a', 4)]);
    expect(idsIn(second)).toHaveLength(5);
  });

  it('of a corpus of an earlier version are not compared, and remembered with the next run', async () => {
    const first = createCorpusRig();
    await first.run(withIds);
    const { ledger } = first;
    const forgetful = {
      ...ledger,
      runs: async (query: Parameters<typeof ledger.runs>[0]) => {
        const runs = await ledger.runs(query);
        return runs.map(({ shape: _shape, input: _input, ...run }) => run);
      },
    };
    await elsewhere({ ...first, ledger: forgetful }, {}).run(without);
    expect(await failureOf(first.run(withIds))).toMatchObject({ code: 'other-ids' });
  });
});
