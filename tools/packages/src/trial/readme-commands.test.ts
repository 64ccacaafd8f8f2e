import { expect, it } from 'vitest';
import { readmeCommands } from './readme-commands.ts';

const TEXT = `# Title

\`\`\`sh
npm ci
\`\`\`

## In your own workspace

Text with \`npx nothing\`.

\`\`\`sh
npx nx add @lockstep/nx     # installs; see #3
# a line of its own
npx nx g @lockstep/nx:corpus docs/chunks.json
\`\`\`

\`\`\`json
{}
\`\`\`

\`\`\`sh
npx lockstep run a#b.json
\`\`\`

## Next

\`\`\`sh
npm test
\`\`\`
`;

it('the commands of a section are those of its shell blocks, without comments', () => {
  expect(readmeCommands('In your own workspace', TEXT)).toEqual([
    ['npx nx add @lockstep/nx', 'npx nx g @lockstep/nx:corpus docs/chunks.json'],
    ['npx lockstep run a#b.json'],
  ]);
});

it('a section that is not there is an error', () => {
  expect(() => readmeCommands('Elsewhere', TEXT)).toThrow('README.md has no section "Elsewhere".');
});
