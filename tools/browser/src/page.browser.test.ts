import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REJECT_COLUMNS, type ReportData } from '@lockstep/report';
import { launchChromium } from '@lockstep/testing-chromium';
import { openReport } from './opened-page.ts';
import { listOf, sampleReport } from './sample-report.ts';

let browser: Browser;
let sample: ReportData;
beforeAll(async () => {
  browser = await launchChromium();
  sample = await sampleReport();
});
afterAll(() => browser.close());

const panel = (page: Page, id: string) => page.locator(`section#${id}`);

describe('the page of a report', () => {
  it('shows each corpus with its state, its counts and the next command', async () => {
    const { page, errors, requests, close } = await openReport(browser, sample);
    const rows = panel(page, 'corpora').locator('tbody tr');
    expect(await rows.count()).toBe(4);
    expect(await rows.nth(1).innerText()).toMatch(
      /faq.*✗ NOT IN STEP.*npx indexer run docs\/faq\s+186\s+186\s+186\s+182/s,
    );
    expect(await page.locator('.verdict').innerText()).toBe('2 of 4 corpora in step');
    await rows.nth(0).locator('summary').click();
    expect(await rows.nth(0).innerText()).toContain('pg.example.com/search/rag_metadata');
    expect([errors, requests]).toEqual([[], []]);
    await close();
  });

  it('shows the last runs with bars and numbers of their stages, and all of them when asked', async () => {
    const { page, close } = await openReport(browser, sample);
    const runs = panel(page, 'runs');
    const rows = runs.locator('table.runs > tbody > tr');
    expect(await rows.count()).toBe(25);
    await runs.getByRole('button', { name: 'Show all 60 runs' }).click();
    expect(await rows.count()).toBe(60);
    const failed = rows.filter({ hasText: 'failed (service-unavailable)' });
    expect(await failed.count()).toBe(2);
    expect(await failed.first().innerText()).toMatch(/8 retries.*breaker opened 1×/s);
    await failed.first().getByRole('button', { name: 'Stages' }).click();
    const stages = runs.locator('table.runs table tbody tr');
    expect(await stages.last().innerText()).toMatch(/load-qdrant\s+failed.*8 tried again, breaker opened 1×/s);
    const bars = await rows
      .first()
      .locator('.bar')
      .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().width));
    expect(bars).toHaveLength(6);
    expect(Math.min(...bars)).toBeGreaterThan(0);
    await runs.getByLabel('Corpus').selectOption('faq');
    expect(await rows.count()).toBe(15);
    await close();
  });

  it('draws the point of a single run, which no line leads to', async () => {
    const { page, close } = await openReport(browser, { ...sample, runs: sample.runs.slice(0, 1) });
    const canvas = panel(page, 'runs').locator('canvas');
    await canvas.waitFor();
    // Grid and axes are grey.
    const columns = await canvas.evaluate((element: HTMLCanvasElement) => {
      const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height);
      const found: number[] = [];
      for (let at = 0; at < data.length; at += 4) {
        const [red = 0, green = 0, blue = 0, alpha = 0] = data.slice(at, at + 4);
        if (alpha > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 80) {
          found.push(((at / 4) % element.width) / element.width);
        }
      }
      return found;
    });
    expect(columns.length).toBeGreaterThan(10);
    // In the middle of the hour around it.
    expect(Math.min(...columns)).toBeGreaterThan(0.4);
    expect(Math.max(...columns)).toBeLessThan(0.6);
    await close();
  });

  it('has a table with the numbers of every chart', async () => {
    const { page, close } = await openReport(browser, sample);
    await page.locator('canvas').first().waitFor();
    const charts = page.locator('figure');
    expect(await charts.count()).toBe(4);
    for (const chart of await charts.all()) {
      expect(await chart.locator('canvas').count()).toBe(1);
      expect((await chart.getByRole('img').getAttribute('aria-label'))?.length).toBeGreaterThan(20);
      await chart.locator('summary').click();
      expect(await chart.locator('details tbody tr').count()).toBeGreaterThan(10);
    }
    expect(await charts.first().locator('details tbody tr').count()).toBe(60);
    await close();
  });

  it('shows what a run would do, what the stores hold of others, and how good the search was', async () => {
    const { page, close } = await openReport(browser, sample);
    const plan = panel(page, 'plans').locator('tbody tr').last();
    expect(await plan.innerText()).toMatch(
      /\+120 ~34 −8, 8,162 unchanged.*changed: text 34.*154 texts, 41,300 tokens.*\$0\.000826/s,
    );
    expect(await panel(page, 'others').innerText()).toMatch(/old-handbook\s+Qdrant.*1,870/s);
    const evaluations = panel(page, 'evaluations');
    await evaluations.locator('summary').click();
    expect(await evaluations.locator('details tbody tr').count()).toBe(16);
    expect(await evaluations.locator('details thead').innerText()).toMatch(/recall@10\s+MRR@10\s+nDCG@10/);
    await close();
  });

  it('lists rejected records in pages, and filters them by corpus, reason and text', async () => {
    const { page, close } = await openReport(browser, sample);
    const rejects = panel(page, 'rejects');
    const status = rejects.getByRole('status');
    await expect.poll(() => status.innerText()).toBe('640 records');
    expect(await rejects.locator('tbody tr').count()).toBe(50);
    await rejects.getByRole('button', { name: 'Next' }).click();
    expect(await rejects.innerText()).toContain('Page 2 of 13');
    await rejects.getByLabel('Reason').selectOption('text-blank');
    expect(await status.innerText()).toBe('213 of 640 records');
    await rejects.getByRole('searchbox').fill('PAGE-61');
    expect(await status.innerText()).toBe('5 of 640 records');
    expect(await rejects.locator('tbody tr').allInnerTexts()).toHaveLength(5);
    await rejects.getByRole('searchbox').fill('nothing has this');
    expect(await status.innerText()).toBe('0 of 640 records');
    await close();
  });

  it('lists differences with filters by store and kind', async () => {
    const { page, close } = await openReport(browser, sample);
    const differences = panel(page, 'differences');
    await expect.poll(() => differences.getByRole('status').innerText()).toBe('12 differences');
    await differences.getByLabel('Kind').selectOption('missing');
    expect(await differences.getByRole('status').innerText()).toBe('4 of 12 differences');
    await close();
  });

  it('says in each panel that there is nothing, where there is nothing', async () => {
    const nothing = await listOf([], []);
    const empty = { corpora: [], others: [], runs: [], evaluations: [], problems: ['The ledger does not answer.'] };
    const { page, errors, close } = await openReport(browser, {
      ...sample,
      ...empty,
      differences: nothing,
      rejects: nothing,
    });
    expect(await page.locator('section .empty').count()).toBe(8);
    expect(await page.locator('header .problem').innerText()).toContain('The ledger does not answer.');
    expect(errors).toEqual([]);
    await close();
  });
});

describe('hostile texts', () => {
  const SCRIPT = `</script><script>document.title='run'</script><img src=x onerror="document.title='run'">`;
  const RIGHT_TO_LEFT = '\u202Eshown backwards \u2067גמר';
  const LONG = 'a'.repeat(1_000_000);

  it('are shown as texts: tags, changes of direction, and a megabyte', async () => {
    const [first, ...others] = sample.corpora;
    if (first === undefined) throw new Error('expected a corpus');
    const corpora = [{ ...first, corpus: SCRIPT, folder: RIGHT_TO_LEFT, says: SCRIPT, model: SCRIPT }, ...others];
    const runs = sample.runs.map((run) => ({ ...run, corpus: SCRIPT }));
    const rejects = await listOf(REJECT_COLUMNS, [
      [SCRIPT, SCRIPT, 1, 1, SCRIPT, SCRIPT, SCRIPT, SCRIPT],
      ['faq', null, 2, 2, RIGHT_TO_LEFT, 'text-blank', null, RIGHT_TO_LEFT],
      ['faq', null, 3, 3, 'long', 'text-blank', null, LONG],
    ]);
    const data = { ...sample, corpora, runs, rejects, problems: [SCRIPT, RIGHT_TO_LEFT] };
    const { page, errors, requests, close } = await openReport(browser, data, {
      viewport: { width: 390, height: 900 },
    });
    const rows = panel(page, 'rejects').locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(3);
    expect(await page.title()).toBe('Lockstep report');
    expect(await page.locator('img, script[src]').count()).toBe(0);
    expect(await panel(page, 'corpora').innerText()).toContain(SCRIPT);
    expect(
      await rows
        .nth(1)
        .locator('bdi')
        .first()
        .evaluate((bdi) => getComputedStyle(bdi).unicodeBidi),
    ).toBe('isolate');
    expect(await rows.nth(1).innerText()).toContain(RIGHT_TO_LEFT);
    expect((await rows.nth(2).innerText()).length).toBeLessThan(2_000);
    await rows.nth(2).getByRole('button', { name: 'Show all 1,000,000 letters' }).click();
    expect((await rows.nth(2).innerText()).length).toBeGreaterThan(1_000_000);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect([errors, requests]).toEqual([[], []]);
    await close();
  });
});

describe.each([
  [1440, 'light'],
  [1440, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const)('at %i px, %s', (width, colorScheme) => {
  it('nothing is wider than the screen, and every text stands out from what is behind it', async () => {
    const { page, close } = await openReport(browser, sample, { viewport: { width, height: 900 }, colorScheme });
    await page.locator('canvas').first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await close();
  });
});

it('headings, tables and controls have names, in order', async () => {
  const { page, close } = await openReport(browser, sample);
  await page.locator('canvas').first().waitFor();
  const levels = await page.locator('h1, h2, h3').evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
  expect(levels[0]).toBe(1);
  expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
  const unnamed = await page.evaluate(() => {
    const tables = [...document.querySelectorAll('table:not(.u-legend)')].filter(
      (table) => !table.querySelector('caption'),
    );
    const controls = [...document.querySelectorAll<HTMLInputElement | HTMLSelectElement>('select, input')];
    const sections = [...document.querySelectorAll('section')].filter(
      (section) => document.getElementById(section.getAttribute('aria-labelledby') ?? '') === null,
    );
    return [...tables, ...controls.filter(({ labels }) => labels?.length !== 1), ...sections].map(
      ({ outerHTML }) => outerHTML,
    );
  });
  expect(unnamed).toEqual([]);
  // The first stop of the Tab key is the first link, and it can be seen where the focus is.
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => {
    const focused = document.activeElement as HTMLElement;
    return [focused.textContent, getComputedStyle(focused).outlineStyle];
  });
  expect(outline).toEqual(['Corpora', 'solid']);
  await close();
});

it('on paper there are the tables and no controls, dark on light', async () => {
  const { page, close } = await openReport(browser, sample, { colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByRole('button', { includeHidden: false }).count()).toBe(0);
  expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(0, 0, 0)');
  expect((await page.pdf()).length).toBeGreaterThan(10_000);
  await close();
});

/** Texts that stand out less than WCAG 2.2 asks for (4.5 : 1), with their colours. Runs in the page. */
function lowContrast(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const channels = (colour: string): readonly number[] => {
    if (canvas === null) throw new Error('expected a canvas');
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = channels(colour).map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: Element | null): string => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (channels(backgroundColor)[3] === 255) return backgroundColor;
    }
    return 'white';
  };
  const found = new Set<string>();
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
    );
    if (!hasText || element.closest('script, style, button:disabled, .u-over') !== null) continue;
    const colour = getComputedStyle(element).color;
    const [light = 0, dark = 0] = [luminance(colour), luminance(behind(element))].toSorted((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.add(`${element.tagName}.${element.className} ${colour} ${ratio.toFixed(1)}`);
  }
  return [...found];
}
