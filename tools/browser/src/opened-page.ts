import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { pageAsset } from '@lockstep/page';
import { pageHtml, type ReportData } from '@lockstep/report';

/** A page in a browser. */
export interface OpenedPage {
  readonly page: Page;
  /** Errors of its scripts, and what its policy refused, so far. */
  readonly errors: readonly string[];
  /** Addresses that it asked for, besides that of the file itself. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Opens an HTML file from disk, and waits until it is drawn. */
export async function openFile(
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en', ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  const address = pathToFileURL(path).href;
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('dialog', (dialog) => {
    errors.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => request.url() !== address && requests.push(request.url()));
  await page.goto(address);
  await page.locator('main section').last().waitFor();
  return { page, errors, requests, close: () => context.close() };
}

/** Puts a report into a file of its own, opens it, and removes the file when the page is closed. */
export async function openReport(
  browser: Browser,
  data: ReportData,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-page-'));
  const path = join(folder, 'report.html');
  writeFileSync(path, pageHtml(await pageAsset(), data, { title: 'Lockstep report' }));
  const opened = await openFile(browser, path, options);
  return {
    ...opened,
    async close() {
      await opened.close();
      rmSync(folder, { recursive: true });
    },
  };
}
