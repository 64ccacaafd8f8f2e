import { beforeEach, expect, it } from 'vitest';
import { createRunBoard, type RunBoard } from './run-board.ts';
import type { RunState, RunView } from '@lockstep/report';

const NO_RUN: Omit<RunView, 'id' | 'state'> = {
  ...{ corpus: 'books', kind: 'run', origin: 'here', startedAt: null, finishedAt: null, error: null, text: null },
  stages: [],
  notes: [],
};

let board: RunBoard;
let ending: AbortController;

beforeEach(() => {
  board = createRunBoard();
  ending = new AbortController();
});

const change = (id: string, state: RunState): void => board.changed(id, () => ({ ...NO_RUN, id, state }));
const told = (views: readonly RunView[] | void): string[] => (views ?? []).map(({ id, state }) => `${id} ${state}`);

it('who begins to watch is told all runs, or that there is none', async () => {
  expect(told((await board.watch(ending.signal).next()).value)).toEqual([]);
  change('a', 'running');
  change('b', 'done');
  expect(told((await board.watch(ending.signal).next()).value)).toEqual(['a running', 'b done']);
});

it('each change is told to all that watch, and of many changes in between the latest', async () => {
  const [one, other] = [board.watch(ending.signal), board.watch(ending.signal)];
  await Promise.all([one.next(), other.next()]);
  expect(board.watchers()).toBe(2);
  change('a', 'running');
  change('a', 'stopping');
  change('b', 'running');
  change('a', 'failed');
  for (const watching of [one, other]) expect(told((await watching.next()).value)).toEqual(['a failed', 'b running']);
  const next = one.next();
  change('b', 'done');
  expect(told((await next).value)).toEqual(['b done']);
});

it('a watch ends with its signal, also while it waits, and is counted no more', async () => {
  const watching = board.watch(ending.signal);
  await watching.next();
  const next = watching.next();
  ending.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(board.watchers()).toBe(0);
});

it('remembers 20 runs that have ended, and every one that has not', () => {
  change('first', 'running');
  for (let at = 0; at < 30; at += 1) change(`run ${at}`, 'done');
  change('last', 'running');
  const ids = board.views().map(({ id }) => id);
  expect(ids).toHaveLength(22);
  expect(ids).toEqual(['first', ...Array.from({ length: 20 }, (_, at) => `run ${at + 10}`), 'last']);
});
