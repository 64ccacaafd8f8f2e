import assert from 'node:assert/strict';
import { embeddingKeyOf, isIndexingError, STORES, type ErrorCode, type Point, type StoreName } from '@lockstep/model';
import type { RunOutput } from './corpus-runs.ts';
import type { Contents, Loaded } from './expected.ts';
import type { Foreseen } from './foreseen.ts';
import { shown, shownAll, type Copy, type Held } from './held.ts';
import { itemsOf } from '@lockstep/testing-ports';
import type { RunWatch, TakeoverSeen } from './watch-run.ts';
import type { CorpusTraits } from './what-is-wanted.ts';

/** A run that ended well left what was foreseen, at the foreseen price, and its verify told of what was wrong still. */
export function expectForeseen(after: Held, output: RunOutput, { costs }: RunWatch, foreseen: Foreseen): void {
  const { told } = foreseen;
  for (const [store, nonce] of Object.entries(foreseen.nonces)) {
    assert.equal(output.run?.stores[store as StoreName]?.nonce, nonce, `nonce of ${store}`);
  }
  expectContents(after, foreseen.end);
  assert.deepEqual(costs, foreseen.costs, 'costs');
  if (told !== undefined) {
    const differences = output.verified?.differences.map(({ store, kind, chunk_id: id }) => `${store} ${kind} ${id}`);
    assert.deepEqual(differences?.toSorted(), told, 'differences');
    assert.equal(output.verified?.ok, told.length === 0, 'ok');
  }
  for (const store of STORES) {
    const isAtFault = told?.some((line) => line.startsWith(`${store} `)) === true;
    const { nonce, count } = (isAtFault ? undefined : foreseen.stamps[store]) ?? {};
    const stamp = after.stamps[store];
    assert.deepEqual([stamp?.nonce, stamp?.count], [nonce, count], `nonce and count in the stamp of ${store}`);
  }
}

function expectContents(held: Contents, expected: Contents): void {
  assert.equal(shownAll(held.points), shownAll(expected.points), 'points');
  assert.equal(shownAll(held.rows), shownAll(expected.rows), 'rows');
}

/** Points, rows and stamps are what they were. */
export function expectUnchanged(before: Held, after: Held, what: string): void {
  const everything = ({ points, rows, stamps }: Held): string =>
    [shownAll(points), shownAll(rows), JSON.stringify(stamps)].join('\n');
  assert.equal(everything(after), everything(before), what);
}

/** Nothing is added or changed in a store after the first deletion in it. */
export function expectDeletionsLast({ storeWrites }: RunWatch): void {
  for (const store of STORES) {
    const words = storeWrites.filter((write) => write.startsWith(store));
    const first = words.indexOf(`${store} delete`);
    if (first >= 0)
      assert.deepEqual([...new Set(words.slice(first))], [`${store} delete`], 'writes from a deletion on');
  }
}

/**
 * A run that was cut short left each point and row as it was or as it was to be, deleted nothing before it had written
 * all that it had to write, and left no stamp on a store that is in between.
 */
export function expectCutShort(before: Held, after: Held, foreseen: Foreseen, runId: string): void {
  const { points, rows, repaired = before.points } = foreseen;
  check('qdrant', after.points, [before.points, repaired, points.goal], points);
  check('neon', after.rows, [before.rows, rows.goal], rows);

  function check<One extends Copy>(
    store: StoreName,
    now: ReadonlyMap<string, One>,
    phases: readonly ReadonlyMap<string, One>[],
    { goal, whole, description, deleted }: Loaded<One>,
  ): void {
    for (const id of new Set([...now.keys(), ...phases.flatMap((phase) => [...phase.keys()])])) {
      const possible = phases.map((phase) => shown(phase.get(id)));
      assert.ok(
        possible.includes(shown(now.get(id))),
        `${store} ${id} is ${shown(now.get(id))}: ${possible.join('\n')}`,
      );
    }
    if (deleted.some((id) => !now.has(id))) {
      const unwritten = [...whole, ...description].filter((id) => shown(goal.get(id)) !== shown(now.get(id)));
      assert.deepEqual(unwritten, [], `not written in ${store} before the first deletion`);
    }
    const stamp = after.stamps[store];
    if (stamp === undefined) return;
    if (stamp.nonce !== before.stamps[store]?.nonce) assert.equal(stamp.nonce, runId, `nonce of the stamp of ${store}`);
    const isWhole = [phases[0], goal].some((phase) => phase !== undefined && shownAll(phase) === shownAll(now));
    assert.ok(isWhole, `${store} is stamped in between: ${shownAll(now)}`);
  }
}

/**
 * A run that another one took over from did nothing to the rows, stamped nothing, and none of its loads ended well. What
 * it had sent to Qdrant by then has landed on top.
 */
export function expectOvertaken(
  before: Held,
  after: Held,
  output: RunOutput,
  seen: TakeoverSeen,
  textOf: (vector: Float32Array) => string,
): void {
  assert.equal(shownAll(after.points), shownAll(withStragglers(before.points, seen, textOf)), 'points');
  assert.equal(shownAll(after.rows), shownAll(before.rows), 'rows');
  assert.equal(after.fence, before.fence, 'fence');
  for (const store of STORES) {
    // It may have withdrawn a stamp when it did not know yet; all that costs is a comparison.
    const stamp = after.stamps[store];
    if (stamp !== undefined) assert.deepEqual(stamp, before.stamps[store], `stamp of ${store}`);
    if (output.loads[store] === 'done') assert.ok(seen.stamped.has(store), `the load of ${store} ended well`);
  }
}

/** A run ended with an error of one of these codes. */
export function expectFailure(failure: unknown, ...codes: ErrorCode[]): void {
  assert.ok(isIndexingError(failure) && codes.includes(failure.code), `${codes.join(' or ')}, not ${String(failure)}`);
}

function withStragglers(
  points: Contents['points'],
  { stragglers }: TakeoverSeen,
  textOf: (vector: Float32Array) => string,
): Contents['points'] {
  const after = new Map(points);
  for (const call of stragglers) {
    for (const item of itemsOf(call)) {
      if (call.word === 'delete') after.delete(item as string);
      else {
        const { pointId, payload, vector } = item as Omit<Point, 'vector'> & Partial<Point>;
        const there = after.get(pointId);
        if (vector !== undefined) after.set(pointId, { payload, vectorOf: textOf(vector) });
        // What describes another text's vector is not put beside this one.
        else if (there?.payload['embedding_key'] === payload.embedding_key) after.set(pointId, { ...there, payload });
      }
    }
  }
  return after;
}

/** Whatever became of our runs, no point has the vector of another text than its label says: labels are believed. */
export function expectHonestLabels({ model, dimensions }: CorpusTraits, { points }: Held): void {
  for (const [id, { payload, vectorOf }] of points) {
    const key = embeddingKeyOf({ model, host: null, dimensions }, vectorOf);
    assert.equal(payload['embedding_key'], key, `embedding key of ${id}`);
  }
}
