import { detectPackageManager, getPackageManagerCommand, logger, type Tree } from '@nx/devkit';
import { githubWorkflow } from './github-workflow.ts';

/** Options of the generator `ci`. */
export interface CiOptions {
  /** Branch that loads. @default `defaultBase` of nx.json, or main */
  readonly branch?: string;
}

const FILE = '.github/workflows/lockstep.yml';

/** What a branch may be called, so that it is one word in YAML, in a shell and in an expression of GitHub. */
const BRANCH = /^\w[\w./-]*$/;

/** Adds a workflow for GitHub Actions, and says what it needs. One that exists is left as it is. */
export function ciGenerator(tree: Tree, { branch = defaultBranch(tree) }: CiOptions = {}): void {
  if (!BRANCH.test(branch)) {
    throw new Error(`branch: expected letters, digits, ".", "/", "_" and "-", found ${JSON.stringify(branch)}.`);
  }
  if (tree.exists(FILE)) {
    logger.info(`${FILE} exists and is left as it is`);
    return;
  }
  const manager = detectPackageManager(tree.root);
  const { ciInstall } = getPackageManagerCommand(manager, tree.root);
  // What Nx says for bun installs what package.json asks for, whatever the lockfile says.
  const install = manager === 'bun' ? 'bun install --frozen-lockfile' : ciInstall;
  tree.write(FILE, githubWorkflow({ branch, manager, install }));
  logger.info(
    'Set the secrets OPENAI_API_KEY, QDRANT_HOST, QDRANT_API_KEY and NEON_POSTGRES_CONNECTION_STRING of the repository,',
  );
  logger.info('and the variable LOCKSTEP_MAX_COST to the US dollars that a load may cost, such as 0.50.');
}

function defaultBranch(tree: Tree): string {
  const base = /"defaultBase"\s*:\s*"([^"]+)"/.exec(tree.read('nx.json', 'utf8') ?? '')?.[1];
  return base?.replace(/^origin\//, '') ?? 'main';
}
