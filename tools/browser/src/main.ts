import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { launchChromium } from '@lockstep/testing-chromium';
import { openReport } from './opened-page.ts';
import { sampleReport } from './sample-report.ts';

// Writes the pictures of the documents: the sample report at two widths, light and dark.

const IMAGES = resolve(import.meta.dirname, '../../../docs/images');

/** What each picture shows. */
const SHOTS = [
  { name: 'report-1440-light', width: 1440, height: 1500, colorScheme: 'light' },
  { name: 'report-1440-dark', width: 1440, height: 1500, colorScheme: 'dark' },
  { name: 'report-390-light', width: 390, height: 1500, colorScheme: 'light' },
  { name: 'report-390-dark', width: 390, height: 1500, colorScheme: 'dark' },
] as const;

mkdirSync(IMAGES, { recursive: true });
const browser = await launchChromium();
try {
  const data = await sampleReport();
  for (const { name, width, height, colorScheme } of SHOTS) {
    const { page, close } = await openReport(browser, data, { viewport: { width, height }, colorScheme });
    await page.locator('canvas').first().waitFor();
    const path = join(IMAGES, `${name}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    if (process.argv.includes('--whole'))
      await page.screenshot({ path: path.replace('.png', '-whole.png'), fullPage: true });
    process.stdout.write(`${path}: ${Math.round(statSync(path).size / 1000)} kB\n`);
    await close();
  }
} finally {
  await browser.close();
}
