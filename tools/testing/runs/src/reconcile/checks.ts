import assert from 'node:assert/strict';
import { embeddingKeyOf, isIndexingError, STORES, type ErrorCode, type Point, type StoreName } from '@lockstep/model';
import type { RunOutput } from './corpus-runs.ts';
import type { Copies, Loaded } from './expected.ts';
import type { Prediction } from './predictions.ts';
import { printed, printedAll, type Copy, type Contents } from './contents.ts';
import { itemsOf } from '@lockstep/testing-ports';
import type { RunWatch, ObservedTakeover } from './watch-run.ts';
import type { CorpusTraits } from './wants.ts';

/** A run that ended well left what was predicted, at the predicted costs, and its verify reported what is still wrong. */
export function expectPredicted(after: Contents, output: RunOutput, { costs }: RunWatch, predicted: Prediction): void {
  const { differences: expected } = predicted;
  for (const [store, nonce] of Object.entries(predicted.nonces)) {
    assert.equal(output.run?.stores[store as StoreName]?.nonce, nonce, `nonce of ${store}`);
  }
  expectCopies(after, predicted.end);
  assert.deepEqual(costs, predicted.costs, 'costs');
  if (expected !== undefined) {
    const differences = output.verified?.differences.map(({ store, kind, chunk_id: id }) => `${store} ${kind} ${id}`);
    assert.deepEqual(differences?.toSorted(), expected, 'differences');
    assert.equal(output.verified?.ok, expected.length === 0, 'ok');
  }
  for (const store of STORES) {
    const isAtFault = expected?.some((line) => line.startsWith(`${store} `)) === true;
    const { nonce, count } = (isAtFault ? undefined : predicted.stamps[store]) ?? {};
    const stamp = after.stamps[store];
    assert.deepEqual([stamp?.nonce, stamp?.count], [nonce, count], `nonce and count in the stamp of ${store}`);
  }
}

function expectCopies(stored: Copies, expected: Copies): void {
  assert.equal(printedAll(stored.points), printedAll(expected.points), 'points');
  assert.equal(printedAll(stored.rows), printedAll(expected.rows), 'rows');
}

/** Points, rows and stamps are what they were. */
export function expectUnchanged(before: Contents, after: Contents, what: string): void {
  const everything = ({ points, rows, stamps }: Contents): string =>
    [printedAll(points), printedAll(rows), JSON.stringify(stamps)].join('\n');
  assert.equal(everything(after), everything(before), what);
}

/** Nothing is added or changed in a store after the first deletion in it. */
export function expectDeletionsLast({ storeWrites }: RunWatch): void {
  for (const store of STORES) {
    const writes = storeWrites.filter((write) => write.startsWith(store));
    const first = writes.indexOf(`${store} delete`);
    if (first >= 0)
      assert.deepEqual([...new Set(writes.slice(first))], [`${store} delete`], 'writes from a deletion on');
  }
}

/**
 * A run that was cut short left each point and row in its old or its new state, deleted nothing before it had written all
 * that it had to write, and left no stamp on a store that is neither in its old nor in its new state.
 */
export function expectCutShort(before: Contents, after: Contents, predicted: Prediction, runId: string): void {
  const { points, rows, repaired = before.points } = predicted;
  check('qdrant', after.points, [before.points, repaired, points.goal], points);
  check('neon', after.rows, [before.rows, rows.goal], rows);

  function check<One extends Copy>(
    store: StoreName,
    now: ReadonlyMap<string, One>,
    phases: readonly ReadonlyMap<string, One>[],
    { goal, whole, description, deleted }: Loaded<One>,
  ): void {
    for (const id of new Set([...now.keys(), ...phases.flatMap((phase) => [...phase.keys()])])) {
      const possible = phases.map((phase) => printed(phase.get(id)));
      assert.ok(
        possible.includes(printed(now.get(id))),
        `${store} ${id} is ${printed(now.get(id))}: ${possible.join('\n')}`,
      );
    }
    if (deleted.some((id) => !now.has(id))) {
      const unwritten = [...whole, ...description].filter((id) => printed(goal.get(id)) !== printed(now.get(id)));
      assert.deepEqual(unwritten, [], `not written in ${store} before the first deletion`);
    }
    const stamp = after.stamps[store];
    if (stamp === undefined) return;
    if (stamp.nonce !== before.stamps[store]?.nonce) assert.equal(stamp.nonce, runId, `nonce of the stamp of ${store}`);
    const isWhole = [phases[0], goal].some((phase) => phase !== undefined && printedAll(phase) === printedAll(now));
    assert.ok(isWhole, `${store} has a stamp between its old and its new state: ${printedAll(now)}`);
  }
}

/**
 * An overtaken run did not change the rows and wrote no stamp, and none of its loads ended well. The requests that it had
 * sent to Qdrant before it was overtaken were carried out last.
 */
export function expectOvertaken(
  before: Contents,
  after: Contents,
  output: RunOutput,
  seen: ObservedTakeover,
  textOf: (vector: Float32Array) => string,
): void {
  assert.equal(printedAll(after.points), printedAll(withStragglers(before.points, seen, textOf)), 'points');
  assert.equal(printedAll(after.rows), printedAll(before.rows), 'rows');
  assert.equal(after.fence, before.fence, 'fence');
  for (const store of STORES) {
    // It may have withdrawn a stamp before it noticed: that only costs a comparison.
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
  points: Copies['points'],
  { stragglers }: ObservedTakeover,
  textOf: (vector: Float32Array) => string,
): Copies['points'] {
  const after = new Map(points);
  for (const call of stragglers) {
    for (const item of itemsOf(call)) {
      if (call.method === 'delete') after.delete(item as string);
      else {
        const { pointId, payload, vector } = item as Omit<Point, 'vector'> & Partial<Point>;
        const there = after.get(pointId);
        if (vector !== undefined) after.set(pointId, { payload, vectorOf: textOf(vector) });
        // A payload is not written to a point that has the vector of another text.
        else if (there?.payload['embedding_key'] === payload.embedding_key) after.set(pointId, { ...there, payload });
      }
    }
  }
  return after;
}

/** However our runs ended, every point has the vector that its embedding key says, since labels are believed. */
export function expectHonestLabels({ model, dimensions }: CorpusTraits, { points }: Contents): void {
  for (const [id, { payload, vectorOf }] of points) {
    const key = embeddingKeyOf({ model, host: null, dimensions }, vectorOf);
    assert.equal(payload['embedding_key'], key, `embedding key of ${id}`);
  }
}
