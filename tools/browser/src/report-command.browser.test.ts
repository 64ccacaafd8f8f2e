import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '@lockstep/testing-chromium';
import { addCorpus, fillWorkspace, openWorkspace, type Workspace } from './large-workspace.ts';
import { openFile } from './opened-page.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Hostile, and each a valid id or text of a record. */
const SCRIPT = `<script>alert('id')</script><img src=x onerror=alert(1)>`;
const RIGHT_TO_LEFT = '\u202Eגמר txt.exe';

describe('indexer report', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await openWorkspace();
  });
  afterAll(() => workspace.close());

  it('writes a page that shows what the program did, what it would do, and what is wrong', async () => {
    const good = ['a', 'b', 'c'].map((id) => ({ id, text: `The text of ${id}` }));
    addCorpus(workspace, 'books', [...good, { id: SCRIPT }, { id: RIGHT_TO_LEFT, text: '' }]);
    addCorpus(workspace, 'notes', good);
    await workspace.indexer(['run', '--all', '--quiet']);
    const changed = [...good.slice(0, 2), { id: 'd', text: 'New' }];
    writeFileSync(
      join(workspace.folder, 'notes/chunks.jsonl'),
      changed.map((record) => JSON.stringify(record)).join('\n'),
    );
    const printed = await workspace.indexer(['report']);
    const path = join(workspace.folder, '.lockstep/report.html');
    expect(printed).toContain('.lockstep/report.html shows 2 corpora and 2 runs');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('sk-test');

    const { page, errors, requests, close } = await openFile(browser, path);
    const cells = (section: string, row: string) => page.locator(`#${section} tbody tr`, { hasText: row }).first();
    await expect.poll(() => cells('corpora', 'books').innerText()).toMatch(/✓ in step\s+3\s+3\s+3\s+3/);
    expect(await cells('corpora', 'notes').innerText()).toContain('OUTDATED');
    expect(await cells('plans', 'notes').innerText()).toMatch(/\+1 ~0 −1, 2 unchanged.*1 text, \d+ tokens?/s);
    expect(await cells('plans', 'books').innerText()).toContain('nothing (3 unchanged)');

    const runs = page.locator('#runs table.runs > tbody > tr');
    expect(await runs.count()).toBe(2);
    expect(await cells('runs .runs', 'books').innerText()).toMatch(/✓ in step.*\+3 −0.*\+3 −0.*\d+ paid/s);
    await cells('runs .runs', 'books').getByRole('button', { name: 'Stages' }).click();
    const stages = await page.locator('#runs table.runs table tbody tr th').allInnerTexts();
    expect(stages).toEqual(
      expect.arrayContaining(['validate', 'embed', 'provision', 'load-qdrant', 'load-neon', 'verify']),
    );

    const rejects = page.locator('#rejects tbody tr');
    await expect.poll(() => rejects.count()).toBe(2);
    expect(await page.locator('#rejects tbody').innerText()).toContain(SCRIPT);
    expect(await page.locator('#rejects tbody').innerText()).toContain(RIGHT_TO_LEFT);
    expect(await page.locator('#rejects script, #rejects img').count()).toBe(0);
    expect(await page.locator('#texts').innerText()).toContain('Of 3 chunks.');
    expect([errors, requests]).toEqual([[], []]);
    await close();
  }, 180_000);

  it('is written although a store is down, and says so', async () => {
    // Nothing listens there.
    const down = { LOCKSTEP_VECTORS: 'cloud', QDRANT_URL: 'http://127.0.0.1:1', QDRANT_API_KEY: 'marked-secret' };
    const printed = await workspace.indexer(['report', '--out', 'down.html'], down);
    expect(printed).toMatch(/down\.html shows 2 corpora.*could not be checked: .*127\.0\.0\.1:1/s);
    const path = join(workspace.folder, 'down.html');
    expect(readFileSync(path, 'utf8')).not.toContain('marked-secret');
    const { page, errors, close } = await openFile(browser, path);
    expect(await page.locator('header .problem').innerText()).toContain('127.0.0.1:1');
    expect(await page.locator('#corpora tbody tr').first().innerText()).toMatch(/OUTDATED.*\s3\s+3\s+–\s+–\s/s);
    expect(await page.locator('#plans tbody tr').first().innerText()).toContain('service-unavailable');
    // What needs no Qdrant is there all the same.
    expect(await page.locator('#runs table.runs > tbody > tr').count()).toBe(2);
    expect(errors).toEqual([]);
    await close();
  }, 120_000);

  it('is refused at a place where no file can be, before anything is asked', async () => {
    for (const [place, why] of [
      ['missing/report.html', 'no such folder'],
      ['books', 'something else than a file'],
    ] as const) {
      await expect(workspace.indexer(['report', '--out', place])).rejects.toThrow(
        new RegExp(`ended with 2:.*${why}`, 's'),
      );
    }
  }, 60_000);
});

describe('a report over 200 runs, 50 corpora and 100,000 rejected records', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await openWorkspace();
    await fillWorkspace(workspace);
  }, 600_000);
  afterAll(() => workspace.close());

  it('has at most 5 MB, and is drawn in less than 2 s', async () => {
    const result = JSON.parse(await workspace.indexer(['report', '--json'])) as Readonly<Record<string, unknown>>;
    expect(result).toMatchObject({ ok: true, runs: 200, rejects: { listed: 100_000, total: 100_000 }, problems: [] });
    expect(result['corpora']).toHaveLength(50);
    const bytes = Number(result['bytes']);
    expect(bytes).toBeLessThanOrEqual(5_000_000);

    const path = join(workspace.folder, '.lockstep/report.html');
    const { page, errors, close } = await openFile(browser, path);
    await page.locator('#rejects [role=status]', { hasText: '100,000 records' }).waitFor();
    await page.locator('#runs canvas').waitFor();
    const drawn = await drawnMs(path);
    process.stdout.write(
      `report of 200 runs, 50 corpora, 100,000 rejected records: ${bytes} bytes, drawn in ${drawn} ms\n`,
    );
    expect(drawn).toBeLessThan(2_000);

    // The last of them is found, and a filter is answered.
    await page.locator('#rejects').getByRole('searchbox').fill('corpus-49/document-');
    await page.locator('#rejects [role=status]', { hasText: '2,000 of 100,000 records' }).waitFor();
    expect(errors).toEqual([]);
    await close();
  }, 300_000);

  /** From the beginning of the load until the list of rejects and the first chart stand on the screen, in the clock of the page: the best of three. */
  async function drawnMs(path: string): Promise<number> {
    const times: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.addInitScript(() => {
        const look = (): void => {
          const isDrawn = ['#rejects tbody tr', '#runs canvas'].every((name) => document.querySelector(name) !== null);
          if (isDrawn) requestAnimationFrame(() => performance.mark('drawn'));
          else requestAnimationFrame(look);
        };
        look();
      });
      await page.goto(pathToFileURL(path).href);
      const drawn = await page.waitForFunction(() => performance.getEntriesByName('drawn')[0]?.startTime);
      times.push(Math.round(Number(await drawn.jsonValue())));
      await context.close();
    }
    return Math.min(...times);
  }
});
