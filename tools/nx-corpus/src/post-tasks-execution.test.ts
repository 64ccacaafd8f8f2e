import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@nx/devkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { corporaToTell } from './post-tasks-execution.ts';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-post-tasks-'));
  for (const folder of ['docs/a', 'docs/b', 'app']) mkdirSync(join(root, folder), { recursive: true });
  for (const corpus of ['docs/a', 'docs/b']) writeFileSync(join(root, corpus, 'corpus.json'), '{}');
});
afterAll(() => rmSync(root, { recursive: true }));

const told = (...tasks: readonly [projectRoot: string, project: string, target: string][]) =>
  corporaToTell(
    tasks.map(([projectRoot, project, target]) => ({ task: { projectRoot, target: { project, target } } as Task })),
    root,
  );

it('the corpora of which a task was tried are told once each, in the order of their names, whatever else was run', () => {
  const tasks = [
    ['docs/b', 'b', 'validate'],
    ['docs/a', 'a', 'validate'],
    ['docs/a', 'a', 'load'],
    ['app', 'app', 'build'],
  ] as const;
  expect(told(...tasks.map(([...task]) => task as [string, string, string]))).toEqual(['a', 'b']);
});

it('nothing is told after the load of all corpora, which tells it itself, and where no corpus was tried', () => {
  expect(told(['docs/a', 'a', 'load'], ['app', 'indexer', 'load'])).toEqual([]);
  expect(told(['app', 'app', 'load'])).toEqual([]);
});
