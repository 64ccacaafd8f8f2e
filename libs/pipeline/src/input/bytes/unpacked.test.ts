import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf } from '@lockstep/testing-ports';
import { readInput } from '@lockstep/testing-runs';
import { unpackers } from '@lockstep/unpackers';
import { readRecords } from '../read-records.ts';

const INPUTS = join(import.meta.dirname, '../../../../../fixtures/inputs');

describe('compressed input', () => {
  const two = readFileSync(join(INPUTS, 'valid/gzip-two-members.jsonl.gz'));
  const zstd = readFileSync(join(INPUTS, 'valid/lines.jsonl.zst'));

  it('of several members is refused, and never read in part, by a runtime that reads one', async () => {
    expect(await failureOf(readInput(two))).toMatchObject({
      code: 'input-gzip',
      message: expect.stringMatching(/this runtime reads one member alone/),
    });
  });

  it('is named where the runtime cannot unpack it', async () => {
    const native = (globalThis as { DecompressionStream?: unknown }).DecompressionStream;
    let known = true;
    try {
      new DecompressionStream('zstd' as CompressionFormat);
    } catch {
      known = native === undefined;
    }
    if (known) expect(await readInput(zstd, { name: 'a.jsonl' })).toHaveLength(3);
    else
      expect(await failureOf(readInput(zstd))).toMatchObject({
        code: 'input-zstd',
        message: 'The input is compressed with zstd, which this runtime cannot unpack.',
      });
  });

  it('fails with what its source fails with', async () => {
    const fault = new Error('the disk went away');
    async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 20);
      throw fault;
    }
    for (const [bytes, given] of [
      [two, undefined],
      [two, unpackers],
      [zstd, unpackers],
    ] as const) {
      const failure = await (async () => {
        for await (const _ of readRecords(failing(bytes), { name: 'a.jsonl', unpackers: given }));
      })().catch((error: unknown) => error);
      expect(failure).toBe(fault);
    }
  });
});
