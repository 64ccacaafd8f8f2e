import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../published-packages.ts';

/** The commands of a section of README.md, without their comments: a list for each block of them. */
export function readmeCommands(section: string, text = readFileSync(join(ROOT, 'README.md'), 'utf8')): string[][] {
  const [, body] = text.split(`\n## ${section}\n`);
  if (body === undefined) throw new Error(`README.md has no section "${section}".`);
  const [own = ''] = body.split('\n## ');
  return [...own.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) =>
    block
      .split('\n')
      .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
      .filter((line) => line !== ''),
  );
}
