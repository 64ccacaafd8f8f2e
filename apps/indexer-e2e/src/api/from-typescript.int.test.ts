import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanEnvironment } from '../support/clean-environment.ts';

const EXAMPLE = join(import.meta.dirname, 'from-typescript.ts');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-example-'));
  mkdirSync(join(folder, 'docs'));
  const texts = ['The whale was white as snow.', 'Call me Ishmael.', 'The ship left the harbour.', 'He ate chowder.'];
  writeFileSync(join(folder, 'docs/chunks.json'), JSON.stringify(texts));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(environment: Readonly<Record<string, string>> = {}) {
  const env = { ...cleanEnvironment(), ...environment };
  const child = spawn(process.execPath, [EXAMPLE], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((done) => void child.on('close', done));
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { stdout: stdout.split('\n').slice(0, -1), stderr, exit };
}

describe('the example "From TypeScript"', () => {
  it('stands in the README as it is', () => {
    const readme = readFileSync(resolve(import.meta.dirname, '../../../../README.md'), 'utf8');
    const shown = /^## From TypeScript$[^]*?^```ts\n([^]*?)^```$/m.exec(readme)?.[1];
    expect(shown).toBe(readFileSync(EXAMPLE, 'utf8'));
  });

  it('loads a file into the embedded services and searches it; the index itself prints nothing, and lets the process end', async () => {
    const { stdout, stderr, exit } = await run();
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    const loads = ['load-neon ...', 'load-qdrant ...'];
    expect(stdout.filter((line) => !loads.includes(line)).slice(0, -3)).toEqual([
      ...['validate ...', 'plan ...', '4 texts to embed, for $0'],
      ...['validate ...', 'plan ...', 'provision ...', 'embed ...', 'verify ...', 'Both stores are in step.'],
    ]);
    expect(stdout.filter((line) => loads.includes(line)).toSorted()).toEqual(loads);
    expect(stdout.at(-3)).toMatch(/^0\.\d\d The whale was white as snow\.$/);
  });

  it('ends with the error of what went wrong', async () => {
    writeFileSync(join(folder, 'docs/chunks.json'), '{"chunks": [');
    const { stderr, exit } = await run();
    expect({ stderr, exit }).toEqual({ stderr: expect.stringMatching(/^input-malformed .+\n$/) as unknown, exit: 0 });
  });
});
