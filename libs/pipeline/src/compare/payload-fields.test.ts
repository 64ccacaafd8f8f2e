import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { describe, expect, it } from 'vitest';

const page = (id: string, metadata: object) => ({ id, text: `Text ${id}.`, metadata }) as never;
const RECORDS = [
  page('1', { source: 'a.pdf', loc: { lines: { from: 1, to: 9 } } }),
  page('2', { source: 'b.pdf', 'loc.lines.from': 7 }),
  page('3', { Sections: null }),
];

/** Payloads of all points by chunk id. */
async function payloads({ vectors, corpus }: CorpusRig): Promise<Record<string, Record<string, unknown>>> {
  const found: Record<string, Record<string, unknown>> = {};
  for await (const points of vectors.scan(corpus)) {
    for (const { payload } of points) found[String(payload['chunk_id'])] = payload;
  }
  return found;
}

describe('a payload field that no chunk has', () => {
  it.each([
    ['sourc', '"source"'],
    ['surce', '"source"'],
    ['Source', '"source"'],
    ['metadata.sourec', '"source"'],
    ['loc.line.from', '"loc.lines.from"'],
    ['title', '"chapter_title"'],
    ['section', '"Sections"'],
  ])('%s is an error that names %s, before anything is embedded or written', async (field, near) => {
    const rig = createCorpusRig({ payload: [field] });
    const failure = await failureOf(rig.run(RECORDS));
    expect(failure).toMatchObject({ code: 'config-invalid', details: { field } });
    expect(failure.message).toContain(`no chunk has "${field}", and it is no column. Did you mean ${near}`);
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(rig.vectors.cost.calls, 'requests to Qdrant but the scan for an earlier load').toBeLessThanOrEqual(1);
  });

  it.each(['embed', 'provision', 'plan'] as const)('%s by itself fails with it, and lists the paths', async (stage) => {
    const rig = createCorpusRig({ payload: ['zzzzzz'] });
    await rig.validate(RECORDS);
    const failure = await failureOf(rig[stage]());
    expect(failure.message).toBe(
      'payload: no chunk has "zzzzzz", and it is no column. The chunks have Sections, loc, loc.lines, loc.lines.from, ' +
        'loc.lines.to, source in their metadata; the columns are chapter_title, page_number, created_at.',
    );
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it.each([
    ['text', 'payload: "text" is in the rows alone, in the column text_snippet_preview. '],
    ['metadata', 'payload: "metadata" is all of the metadata; expected one field of it. '],
  ])('%s is told with what to name instead', async (field, told) => {
    const rig = createCorpusRig({ payload: [field] });
    const failure = await failureOf(rig.run(RECORDS));
    expect(failure.message).toContain(told);
    expect(failure.message).toContain('The chunks have Sections, loc');
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('is fine if it is a column, if its value is null, and if points of an earlier load have it', async () => {
    const rig = createCorpusRig({ payload: ['chapter_title', 'Sections', 'loc.lines.to'] });
    await rig.run(RECORDS);
    for (const left of [1, 2, 2]) expect((await rig.run(RECORDS.slice(left))).verify.ok).toBe(true);
    const alone = createCorpusRig({ payload: ['loc.lines.to'] });
    expect(await failureOf(alone.run(RECORDS.slice(1)))).toMatchObject({ code: 'config-invalid' });
  });
});

describe('a dotted payload field', () => {
  it('is nested in the payload and found under one key or several, and the points are in step', async () => {
    const rig = createCorpusRig({ payload: ['loc.lines.from', 'metadata.source'] });
    expect((await rig.run(RECORDS)).verify.ok).toBe(true);
    expect(await payloads(rig)).toMatchObject({
      1: { loc: { lines: { from: 1 } }, metadata: { source: 'a.pdf' } },
      2: { loc: { lines: { from: 7 } }, metadata: { source: 'b.pdf' } },
    });
    expect((await payloads(rig))['3']).not.toHaveProperty('loc');
    rig.forgetCosts();
    await rig.run(RECORDS);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('beside the whole object leaves the object as it is', async () => {
    const rig = createCorpusRig({ payload: ['loc.lines.from', 'loc'] });
    await rig.run(RECORDS);
    expect(await payloads(rig)).toMatchObject({ 1: { loc: { lines: { from: 1, to: 9 } } } });
  });

  it('gives way to a value that is no object', async () => {
    const rig = createCorpusRig({ payload: ['loc', 'loc.lines'] });
    await rig.run([
      page('1', { loc: 'here' }),
      page('2', { 'loc.lines': 4 }),
      page('3', { loc: 'here', 'loc.lines': 4 }),
    ]);
    expect(await payloads(rig)).toMatchObject({ 1: { loc: 'here' }, 2: { loc: { lines: 4 } }, 3: { loc: 'here' } });
  });
});
