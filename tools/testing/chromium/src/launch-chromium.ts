import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/** Names under which a Chromium is installed. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Starts the Chromium of this machine, or that of the variable CHROMIUM. Nothing is downloaded. Fails with an `Error` that says what to
 * install where there is none.
 *
 * @param flags of the command line of Chromium, besides those that it needs here
 */
export function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? installed();
  if (executablePath === undefined) {
    throw new Error(
      'Expected a Chromium, found none: install the package `chromium`, or set the variable CHROMIUM to its path.',
    );
  }
  // As root, Chromium runs without its sandbox or not at all. The pages are our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox', ...flags] : [...flags];
  return chromium.launch({ executablePath, args });
}

function installed(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
