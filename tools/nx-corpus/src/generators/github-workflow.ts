import type { PackageManager } from '@nx/devkit';

export interface GithubWorkflowOptions {
  /** Branch that loads. */
  readonly branch: string;
  readonly manager: PackageManager;
  /** Installs what the lockfile says. */
  readonly install: string;
}

/** What `lockstep plan --format markdown` begins with, by which the next run finds its comment. */
const MARK = '<!-- lockstep plan -->';

/** A workflow for GitHub Actions: the main branch loads what changed, other branches plan. */
export function githubWorkflow({ branch, manager, install }: GithubWorkflowOptions): string {
  const setUp = `${SET_UP[manager]}      - run: ${install}
      - name: Make nx and lockstep commands
        run: echo "$PWD/node_modules/.bin" >> "$GITHUB_PATH"`;
  return `name: lockstep

# Written by \`nx g @lockstep/nx:ci\`, and yours to change.
on:
  push:
    branches: [${branch}]
  pull_request:
  # Loads every corpus, such as into new stores.
  workflow_dispatch:

permissions:
  contents: read

jobs:
  load:
    if: github.event_name != 'pull_request' && github.ref == 'refs/heads/${branch}'
    runs-on: ubuntu-latest
    # All branches share the stores, so that one run at a time writes there. A run that waits may be replaced by a newer one,
    # which then loads the changes of both.
    concurrency:
      group: lockstep-stores
      cancel-in-progress: false
    permissions:
      contents: read
      actions: read
    env:
${secrets()}
      # A load that would cost more US dollars than this is refused.
      LOCKSTEP_MAX_COST: \${{ vars.LOCKSTEP_MAX_COST }}
      # A server for the cache of Nx, where you have one. Without it no task is replayed here, and embeddings are kept all the same.
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: \${{ vars.NX_SELF_HOSTED_REMOTE_CACHE_SERVER }}
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: \${{ secrets.NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN }}
    steps:
      # The branch as it is now: an old run that is started again must not load what has been replaced since.
      - uses: actions/checkout@v5
        with:
          ref: ${branch}
          fetch-depth: 0
${setUp}
      - name: Find the last load that ended well
        env:
          GH_TOKEN: \${{ github.token }}
        run: |
          base=""
          if [ "$GITHUB_EVENT_NAME" = push ]; then
            base="$(gh run list --repo "$GITHUB_REPOSITORY" --workflow lockstep.yml --branch ${branch} --event push --status success --limit 1 --json headSha --jq '.[].headSha')"
          fi
          # Everything counts as changed where there is no such load, or the branch was rewritten since.
          if [ -z "$base" ] || ! git merge-base --is-ancestor "$base" HEAD; then
            base="$(git hash-object -t tree /dev/null)"
          fi
          # Nx reads both.
          echo "NX_BASE=$base" >> "$GITHUB_ENV"
          echo "NX_HEAD=HEAD" >> "$GITHUB_ENV"
${restore()}
      # Vectors that are in Qdrant are not paid for again.
      - name: Recover embeddings
        if: steps.embeddings.outputs.cache-matched-key == ''
        run: |
          for corpus in $(nx show projects --affected --projects tag:type:corpus --sep ' '); do
            lockstep cache recover "$corpus"
          done
      - name: Load the corpora that changed
        run: nx affected -t load --exclude '*,!tag:type:corpus'
      # What was embedded is paid for, also if the load failed. The files are only appended to, so that an old cache does no harm.
      - name: Keep embeddings
        if: always() && hashFiles('.lockstep/cache/**') != ''
        uses: actions/cache/save@v4
        with:
          path: .lockstep/cache
          key: lockstep-embeddings-\${{ hashFiles('.lockstep/cache/**') }}
      - name: Report
        if: always()
        run: |
          # Whether the load went well is said by its own step.
          lockstep summary --format github || true
          status="$(lockstep status)" || true
          printf '### Lockstep\\n\\n\`\`\`text\\n%s\\n\`\`\`\\n' "$status" >> "$GITHUB_STEP_SUMMARY"

  plan:
    # Forks and Dependabot get no secrets.
    if: >-
      github.event_name == 'pull_request' && github.actor != 'dependabot[bot]' &&
      github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-latest
    concurrency:
      group: lockstep-plan-\${{ github.event.number }}
      cancel-in-progress: true
    permissions:
      contents: read
      pull-requests: write
    env:
${secrets()}
      LOCKSTEP_MAX_COST: \${{ vars.LOCKSTEP_MAX_COST }}
    steps:
      - uses: actions/checkout@v5
${setUp}
${restore()}
      - name: Plan
        env:
          GH_TOKEN: \${{ github.token }}
          NUMBER: \${{ github.event.number }}
        run: |
          exit=0
          lockstep plan --all --format markdown > "$RUNNER_TEMP/plan.md" || exit=$?
          cat "$RUNNER_TEMP/plan.md" >> "$GITHUB_STEP_SUMMARY"
          comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
          comment="$(gh api "$comments" --paginate --jq '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith("${MARK}"))) | .id')"
          if [ -z "$comment" ]; then
            gh api "$comments" --method POST --field "body=@$RUNNER_TEMP/plan.md" --silent
          else
            gh api "repos/$GITHUB_REPOSITORY/issues/comments/\${comment%%$'\\n'*}" --method PATCH --field "body=@$RUNNER_TEMP/plan.md" --silent
          fi
          exit "$exit"

  # Rejected records, and what embedding would cost: asks no store and needs no secret.
  plan-without-secrets:
    if: >-
      github.event_name == 'pull_request' && (github.actor == 'dependabot[bot]' ||
      github.event.pull_request.head.repo.full_name != github.repository)
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
${setUp}
${restore()}
      - name: Plan without stores
        env:
          LOCKSTEP_PROFILE: cloud
        run: lockstep plan --all --only embed --format markdown >> "$GITHUB_STEP_SUMMARY"
`;
}

/** Steps before the installation, by package manager. */
const SET_UP: Readonly<Record<PackageManager, string>> = {
  npm: setUpNode('\n          cache: npm'),
  pnpm: `${setUpNode()}      - run: corepack enable\n`,
  yarn: `${setUpNode()}      - run: corepack enable\n`,
  bun: `${setUpNode()}      - uses: oven-sh/setup-bun@v2\n`,
};

function setUpNode(further = ''): string {
  return `      - uses: actions/setup-node@v6
        with:
          node-version: 24${further}
`;
}

function secrets(): string {
  return ['OPENAI_API_KEY', 'QDRANT_HOST', 'QDRANT_API_KEY', 'NEON_POSTGRES_CONNECTION_STRING']
    .map((name) => `      ${name}: \${{ secrets.${name} }}`)
    .join('\n');
}

function restore(): string {
  return `      - id: embeddings
        uses: actions/cache/restore@v4
        with:
          path: .lockstep/cache
          key: lockstep-embeddings-\${{ github.run_id }}
          restore-keys: lockstep-embeddings-`;
}
