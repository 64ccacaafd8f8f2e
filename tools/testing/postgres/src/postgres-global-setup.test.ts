import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestProject } from 'vitest/node';
import setup, { type PostgresAnswer } from './postgres-global-setup.ts';
import { processesIn } from './processes-in.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ask-'));
  chmodSync(folder, 0o755);
  vi.stubEnv('TMPDIR', folder);
  vi.stubEnv('LOCKSTEP_TEST_POSTGRES_URL', '');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the set-up; returns functions to end it, and to ask for the server as a test file does. */
async function setUp(): Promise<{ end: () => Promise<void>; ask: () => Promise<PostgresAnswer> }> {
  const provide = vi.fn<(key: string, path: string) => void>();
  const end = await setup({ provide } as unknown as TestProject);
  const path = provide.mock.calls[0]?.[1] ?? '';
  return { end, ask: async () => JSON.parse(await text(connect(path))) as PostgresAnswer };
}

describe.skipIf(process.platform === 'win32')('the shared server', () => {
  test(
    'the shared server is started once, by the first request, and stopped at the end of the run',
    { timeout: 60_000 },
    async () => {
      const { end, ask } = await setUp();
      try {
        expect(processesIn(folder)).toEqual([]);
        const [one, two] = await Promise.all([ask(), ask()]);
        expect(one).toEqual({ connectionString: expect.stringMatching(/^postgresql:/) });
        expect([two, await ask()]).toEqual([one, one]);
        expect(processesIn(folder)).not.toEqual([]);
      } finally {
        await end();
      }
      expect([processesIn(folder), readdirSync(folder)]).toEqual([[], []]);
    },
  );

  test('a run without a request for the shared server leaves no files', async () => {
    const { end } = await setUp();
    await end();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('every request gets the reason why the shared server cannot start', async () => {
    vi.stubEnv('LOCKSTEP_TEST_POSTGRES_URL', 'postgresql://nobody@127.0.0.1:1/none');
    const { end, ask } = await setUp();
    const refused = { error: expect.stringContaining('ECONNREFUSED') };
    expect([await ask(), await ask()]).toEqual([refused, refused]);
    await end();
  });
});
