import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { preloaded, readSpans, type WrittenSpan } from '../telemetry/written-spans.ts';
import { createCorpusWorkspace, type CorpusWorkspace } from './corpus-workspace.ts';

let workspace: CorpusWorkspace;
let openai: StubOpenAi;
let file: string;
beforeAll(async () => {
  workspace = await createCorpusWorkspace();
  openai = await startStubOpenAi({ dimensions: 1536 });
  file = join(workspace.root, 'spans.jsonl');
  workspace.writeCorpus('books', [{ id: 'a', text: 'Call me Ishmael.' }]);
  workspace.writeCorpus('notes', [{ id: 'a', text: 'Thar she blows!' }]);
});
afterAll(async () => {
  await openai.close();
  workspace.dispose();
});

/** Runs Nx, and returns the spans of the commands that it started. */
async function commandsOf(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<WrittenSpan[]> {
  rmSync(file, { force: true });
  const { exit, output } = await workspace.run('nx', args, {
    ...{
      OPENAI_API_KEY: 'none',
      OPENAI_BASE_URL: openai.baseUrl,
      LOCKSTEP_EMBEDDER: 'cloud',
      LOCKSTEP_VECTORS: 'embedded',
    },
    ...{ LOCKSTEP_ROWS: 'embedded', ...preloaded(file), ...more },
  });
  expect(exit, output).toBe(0);
  return readSpans(file).filter(({ name }) => name.startsWith('lockstep '));
}

const namesOf = (spans: readonly WrittenSpan[]) => spans.map(({ name }) => name).toSorted();
const tracesOf = (spans: readonly WrittenSpan[]) => [...new Set(spans.map(({ traceId }) => traceId))];

it('the stages of all corpora that one invocation of Nx starts share a trace, and the next invocation has another', async () => {
  const first = await commandsOf(['run-many', '-t', 'load', '-p', 'books', 'notes']);
  const stages = ['embed', 'load-neon', 'load-qdrant', 'provision', 'validate', 'verify'];
  expect(namesOf(first)).toEqual(expect.arrayContaining(stages.flatMap((stage) => Array(2).fill(`lockstep ${stage}`))));
  expect(tracesOf(first)).toHaveLength(1);

  const second = await commandsOf(['run', 'books:load']);
  // The others are replayed: the variable is no input of a target.
  expect(namesOf(second)).toEqual(['lockstep provision', 'lockstep summary', 'lockstep verify']);
  expect(tracesOf(second)).toHaveLength(1);
  expect(tracesOf(second)).not.toEqual(tracesOf(first));
});

it('the stages share a trace also where Nx runs plugins in its daemon, and the next invocation has another', async () => {
  const daemon = { NX_DAEMON: 'true', NX_ISOLATE_PLUGINS: 'true' };
  try {
    const first = await commandsOf(['run', 'books:load', '--skip-nx-cache'], daemon);
    expect(first.length).toBeGreaterThanOrEqual(6);
    expect(tracesOf(first)).toHaveLength(1);
    const second = await commandsOf(['run', 'books:load'], daemon);
    expect(tracesOf(second)).toHaveLength(1);
    expect(tracesOf(second)).not.toEqual(tracesOf(first));
  } finally {
    await workspace.run('nx', ['daemon', '--stop'], daemon);
  }
});

it('the stages under Nx go on with the trace that TRACEPARENT names', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const spans = await commandsOf(['run', 'books:load'], { TRACEPARENT: `00-${traceId}-b7ad6b7169203331-01` });
  expect(tracesOf(spans)).toEqual([traceId]);
});
