import type { Tree } from '@nx/devkit';

const FILE = '.env.example';

/** The variables that most workspaces set, with what each is. */
const VARIABLES: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: 'Key of the embedding service.',
  QDRANT_HOST:
    'Address of Qdrant: a URL with scheme, port and path as they are, or a bare host (https and port 6333 then).',
  QDRANT_API_KEY: 'Key of Qdrant.',
  NEON_POSTGRES_CONNECTION_STRING:
    'postgresql://user:password@host/database, with special characters in the password percent-encoded.',
  LOCKSTEP_MAX_COST: 'Embedding that would cost more US dollars than this is refused, such as 0.50.',
};

const HEADING =
  '# Lockstep. Copy to .env at the root of the workspace; without these variables, embedded services are used.';

/** Writes .env.example, or adds the variables that it lacks, and says what was done. */
export function addEnvExample(tree: Tree): string {
  const text = tree.read(FILE, 'utf8') ?? '';
  const missing = Object.entries(VARIABLES).filter(
    ([name]) => !new RegExp(`^\\W*(export )?${name}\\s*=`, 'm').test(text),
  );
  if (missing.length === 0) return `${FILE} has the variables`;
  const lines = missing.flatMap(([name, what]) => [`# ${what}`, `${name}=`]);
  const start = text === '' ? '' : `${text.trimEnd()}\n\n`;
  tree.write(FILE, `${start}${[HEADING, ...lines].join('\n')}\n`);
  return `${FILE}: added ${missing.map(([name]) => name).join(', ')}`;
}
