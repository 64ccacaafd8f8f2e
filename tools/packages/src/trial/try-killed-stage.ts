import { execFileSync, spawn } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { startStubOpenAi } from '@lockstep/testing-faults';
import type { InstallFolder } from './install-folder.ts';

/** More requests of `BATCH` texts than are under way at once, so that some are answered before the kill. */
const CHUNKS = Array.from({ length: 60 }, (_, at) => ({ id: `k${at}`, text: `A text to be paid for, number ${at}.` }));
const BATCH = 5;
const KILLED_AT_REQUEST = 10;

/** Longer than Nx takes to run one stage or all of them. */
const TIMEOUT_MS = 10 * 60_000;

/**
 * Kills Nx with the stage `embed` in the middle of it, runs all stages again, and says what is wrong: what was on disk is not
 * paid for twice, and both stores are in step. Texts are embedded, and counted, by a stub of OpenAI.
 */
export async function tryKilledStage(folder: InstallFolder): Promise<string[]> {
  let atRequest = (_request: number): void => {};
  const openai = await startStubOpenAi({
    dimensions: 8,
    script: (request) => {
      atRequest(request);
      return undefined;
    },
  });
  const env = { OPENAI_BASE_URL: openai.baseUrl, LOCKSTEP_EMBEDDER: 'cloud' };
  try {
    mkdirSync(join(folder.root, 'killed'));
    writeFileSync(join(folder.root, 'killed/chunks.json'), JSON.stringify(CHUNKS));
    const corpus = { name: 'killed', input: 'chunks.json', dimensions: 8, batchSize: BATCH, collection: 'killed' };
    writeFileSync(join(folder.root, 'killed/corpus.json'), JSON.stringify(corpus));

    const first = start(folder, 'npx nx run killed:embed', env);
    atRequest = (request) => {
      if (request === KILLED_AT_REQUEST) first.kill();
    };
    const killed = await first.ended;
    atRequest = () => {};
    const stored = cachedTexts(folder);
    if (killed.exit !== null || stored === 0 || stored === CHUNKS.length) {
      return [
        `The stage that was killed ended with ${killed.exit}, with ${stored} texts in the cache:\n${killed.output}`,
      ];
    }
    const paidBefore = openai.seen.inputs;
    const second = await start(folder, 'npx nx run killed:load', env).ended;
    const verified = await start(folder, 'npx lockstep verify killed --level vectors --json', env).ended;
    const paid = openai.seen.inputs - paidBefore;
    return [
      ...(second.exit === 0 ? [] : [`The load after a kill ended with ${second.exit}:\n${second.output}`]),
      ...(verified.exit === 0 ? [] : [`The verify after a kill ended with ${verified.exit}:\n${verified.output}`]),
      ...(paid === CHUNKS.length - stored
        ? []
        : [`${stored} of ${CHUNKS.length} texts were on disk after a kill, and ${paid} were paid for after it.`]),
    ];
  } finally {
    await openai.close();
  }
}

/** Texts whose vectors are in the cache of the model of 8 dimensions: its whole lines. */
function cachedTexts({ root }: InstallFolder): number {
  return globSync('.lockstep/cache/*-8-*.jsonl', { cwd: root })
    .map((path) => readFileSync(join(root, path), 'utf8').split('\n').length - 1)
    .reduce((sum, lines) => sum + lines, 0);
}

interface Started {
  readonly ended: Promise<{ readonly exit: number | null; readonly output: string }>;
  /** Kills the program and all that it has started, at once. */
  kill(): void;
}

function start({ root, env }: InstallFolder, line: string, variables: Readonly<Record<string, string>>): Started {
  const child = spawn(line, { cwd: root, env: { ...env, ...variables }, shell: true });
  const killed: number[] = [];
  const kill = (): void => {
    if (child.pid === undefined) return;
    killed.push(child.pid, ...startedBy(child.pid));
    for (const pid of killed) process.kill(pid, 'SIGKILL');
  };
  const timeout = setTimeout(kill, TIMEOUT_MS);
  const ended = new Promise<{ exit: number | null; output: string }>((done, fail) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => (output += data.toString()));
    }
    child.on('error', fail);
    child.on('close', (exit) => {
      clearTimeout(timeout);
      // Nx starts tasks with pipes of their own, which do not tell us when they are gone.
      allGone(killed).then(() => done({ exit, output }), fail);
    });
  });
  return { ended, kill };
}

/** The processes that a process has started, and those that they have. */
function startedBy(pid: number): number[] {
  const list =
    process.platform === 'win32'
      ? execFileSync('powershell', [
          '-Command',
          'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId)" }',
        ])
      : execFileSync('ps', ['-A', '-o', 'pid=,ppid=']);
  const parents = new Map(
    list
      .toString()
      .trim()
      .split('\n')
      .map((line): [number, number] => {
        const [own = '', parent = ''] = line.trim().split(/\s+/);
        return [Number(own), Number(parent)];
      }),
  );
  const isBelow = (own: number): boolean => {
    const parent = parents.get(own);
    return parent !== undefined && parent !== own && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Waits for the end of killed processes. One that nobody asks how it ended stays in the list of processes. */
async function allGone(pids: readonly number[]): Promise<void> {
  for (let waits = 0; waits < 500 && pids.some(isRunning); waits += 1) await setTimeoutPromise(20);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
