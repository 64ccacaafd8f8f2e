import { COST_LIMIT, SERVICE_VARIABLES } from '@lockstep/model/service-variables';
import type { Tree } from '@nx/devkit';

const FILE = '.env.example';

/** The variables that most workspaces set, with what each is. */
const VARIABLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    (['OPENAI_API_KEY', 'QDRANT_HOST', 'QDRANT_API_KEY', 'NEON_POSTGRES_CONNECTION_STRING'] as const).map((name) => [
      name,
      SERVICE_VARIABLES[name],
    ]),
  ),
  [COST_LIMIT.variable]: `${COST_LIMIT.meaning}.`,
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
