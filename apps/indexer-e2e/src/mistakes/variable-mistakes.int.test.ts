import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkSaid, make, makeMistakesWorkspace, type Mistake, type MistakesWorkspace } from './mistakes-workspace.ts';

const QDRANT_URL = 'http://127.0.0.1:1';

const MISTAKES: readonly Mistake[] = [
  {
    title: 'a .env with malformed lines that hold names of ours is refused, with each line',
    files: { '.env': 'OPENAI_API_KEY "sk-abc\n\nQDRANT HOST=x\n===\n' },
    typed: ['plan', 'docs'],
    exit: 2,
    says: ['environment-invalid', '.env: line 1: ', 'OPENAI_API_KEY', 'line 3: ', 'QDRANT_HOST', 'expected NAME=value'],
    neverSays: ['sk-abc', 'line 4'],
  },
  {
    title: 'a .env with a misspelt name is refused, with the name that was meant',
    files: { '.env': 'A=1\nQDRANT_HOTS=http://127.0.0.1:1\n' },
    typed: ['plan', 'docs'],
    exit: 2,
    says: ['.env: line 2: there is no variable QDRANT_HOTS (did you mean QDRANT_HOST?)'],
    neverSays: ['127.0.0.1'],
  },
  {
    title: 'a .env with an unknown variable of ours is refused, also where Nx has put it into the process',
    files: { '.env': '\uFEFF# settings\r\nLOCKSTEP_PROFLE=cloud\r\n' },
    variables: { LOCKSTEP_PROFLE: 'cloud', NX_TASK_TARGET_PROJECT: 'docs' },
    typed: ['plan', 'docs'],
    exit: 2,
    says: ['.env: line 2: there is no variable LOCKSTEP_PROFLE (did you mean LOCKSTEP_PROFILE?)'],
  },
  {
    title: 'a misspelt name among the variables of the process is a warning',
    variables: { QDRANT_HOTS: 'x', LOCKSTEP_PROFLE: 'cloud' },
    typed: ['validate', 'docs'],
    exit: 0,
    says: [
      'variables of the process: there is no variable QDRANT_HOTS (did you mean QDRANT_HOST?)',
      'LOCKSTEP_PROFILE',
    ],
  },
  {
    title: 'another malformed line of .env is a warning, and the variables around it are set',
    files: { '.env': 'NOTE this\n===\nQDRANT_API_KEY= \nQDRANT_URL=http://127.0.0.1:1\n' },
    typed: ['plan', 'docs'],
    exit: 2,
    says: [
      '.env: line 1: expected NAME=value; the line is ignored',
      'QDRANT_URL is set and NEON_POSTGRES_CONNECTION_STRING',
    ],
    neverSays: ['QDRANT_HOST is'],
  },
  {
    title: 'an address that cannot be right is told with the variable that has it',
    variables: { QDRANT_URL: 'ftp://q.test', LOCKSTEP_PROFILE: 'cloud' },
    typed: ['status'],
    exit: 2,
    says: ['QDRANT_URL: expected an http or https URL'],
    neverSays: ['QDRANT_HOST'],
  },
  {
    title: 'a database of an application is not taken without a Qdrant',
    variables: { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/app' },
    typed: ['runtime', 'docs/corpus.json'],
    exit: 0,
    says: ['embedded'],
    neverSays: ['DATABASE_URL'],
  },
  {
    title: 'a database of an application is not taken where the rows are chosen',
    variables: { QDRANT_URL, DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/app', LOCKSTEP_ROWS: 'cloud' },
    typed: ['status'],
    exit: 1,
    says: ['NEON_POSTGRES_CONNECTION_STRING is not set', 'DATABASE_URL is taken only beside'],
  },
  {
    title: 'a run without the key of its embedding service is refused, and told how to see prices without one',
    typed: ['run', 'docs', '--embedder', 'cloud'],
    exit: 2,
    says: [
      'error environment-invalid: OPENAI_API_KEY is not set',
      '`indexer plan` and `indexer inspect` need no key to show what embedding would cost',
      'in the environment or in the file .env',
    ],
    neverSays: ['.env.example', 'in validate'],
  },
  {
    title: 'a plan shows tokens and dollars of a service without its key',
    typed: ['plan', 'docs', '--embedder', 'cloud'],
    exit: 0,
    says: [
      /embed +2 texts, 13 tokens, less than \$0\.000001 \(text-embedding-3-small, 1536 dimensions\)/,
      /missing in the store +2 +2/,
    ],
    neverSays: ['OPENAI_API_KEY'],
  },
  {
    title: 'another model than that of the embedded service is refused with both names',
    typed: ['plan', 'docs', '--model', 'text-embedding-3-small'],
    exit: 2,
    says: [
      'which has only embedded/all-minilm-l6-v2 with 384 dimensions',
      'expected --embedder cloud, or no other model, found text-embedding-3-small.',
    ],
  },
  {
    title: 'doctor says that a database is taken from the variable of another program',
    variables: {
      QDRANT_URL,
      POSTGRES_URL: 'postgresql://u:hidden@127.0.0.1:1/app',
      OPENAI_BASE_URL: 'http://127.0.0.1:1',
    },
    typed: ['doctor'],
    exit: 1,
    says: [/FAIL postgres .*named by POSTGRES_URL/, /postgres-taken from=POSTGRES_URL/],
    neverSays: ['hidden'],
  },
];

describe('mistakes in variables', () => {
  it.each(MISTAKES)('$title', async (mistake) => {
    await make(mistake);
  });
});

describe('a .env that is no file', () => {
  let workspace: MistakesWorkspace;
  afterEach(() => workspace.remove());

  it.each<[string, (path: string) => void, RegExp]>([
    ['a folder', (path) => mkdirSync(path), /found a folder/],
    ['a link that leads nowhere', (path) => symlinkSync('nowhere', path), /found a link to a file that does not exist/],
  ])('%s is told with its path', async (_, place, found) => {
    workspace = makeMistakesWorkspace();
    place(join(workspace.folder, '.env'));
    const run = await workspace.run(['status']);
    checkSaid(run, { exit: 2, says: ['.env: expected a file', found], neverSays: ['EISDIR'] });
    expect(run.stderr).toContain(join(workspace.folder, '.env'));
  });
});
