import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { didYouMean, IndexingError, type CorpusConfig } from '@lockstep/model';
import { PAYLOAD_COLUMNS, type Inspection } from '@lockstep/pipeline';
import { readSource } from '../settings/corpus-file.ts';
import { isBelow, planNewCorpus } from '../new-corpus/new-corpus.ts';
import { readJson, workspaceCorpora } from '../settings/workspace-corpora.ts';
import { printable } from '../terminal/printable.ts';
import { IGNORED, initText } from '../text/inspect/init-text.ts';
import { ignoredByGit } from '../wiring/ignored-by-git.ts';
import { inspectSource } from '../wiring/inspect-source.ts';
import { workspaceCommand, type CommandContext } from '../wiring/workspace-command.ts';
import { CORPUS_FLAGS, type Flags } from '../settings/flags.ts';

export const init = workspaceCommand({
  name: 'init',
  flags: [...CORPUS_FLAGS, 'strict', 'folder', 'dry-run', 'embedder'],
  examples: [
    ['indexer init chunks.json --dry-run', 'Shows the corpus.json'],
    ['indexer init chunks.json --text body', 'Writes it, with the text in the field body'],
  ],
  args: {
    source: {
      type: 'positional',
      description: 'Chunks: files, a folder, or a pattern of paths',
      required: true,
      valueHint: 'chunks.json...',
    },
  },
  severalSources: true,
  withoutState: true,
  async run(context, args) {
    const { root } = context;
    const given = args['_'] as readonly string[];
    const source = readSource(given, context.flags.corpus, root);
    if (source.configPath !== undefined) throw exists(source.configPath);
    let typed = context.typed;
    const place = planNewCorpus({ given, source, typed, root });
    if (existsSync(place.path)) throw exists(place.path);
    const other = workspaceCorpora(root).find(({ name }) => name === place.config.name);
    if (other !== undefined) {
      const message = `${printable(other.folder)}/corpus.json has the name ${place.config.name} already; expected another one with --corpus.`;
      throw new IndexingError({ code: 'config-invalid', message });
    }
    let { inspection, refusal } = await inspectSource(context, source);
    const { uniqueId } = inspection.ids.repeated ?? {};
    if (refusal?.code === 'id-not-unique' && uniqueId && (await isWanted(uniqueId, context))) {
      typed = { ...typed, id: [...uniqueId] };
      ({ inspection, refusal } = await inspectSource(
        { ...context, flags: { ...context.flags, id: [...uniqueId] } },
        source,
      ));
    }
    if (refusal !== undefined) {
      refusal.endStage('init');
      throw refusal;
    }
    checkPayload(typed, inspection);
    const { folder, path, config } = planNewCorpus({ given, source, typed, root });
    const isDryRun = context.flags['dry-run'];
    if (!isDryRun) writeNew(folder, path, config);
    const shown = relative(process.cwd(), path);
    const command =
      hasPlugin(root) && isBelow(root, path) ? `npx nx run ${config.name}:load` : `npx indexer run ${dirname(shown)}`;
    const { records, accepted } = inspection;
    const files = source.input.parts.flatMap((part) => (part.kind === 'file' ? [part.path] : []));
    const isIgnored = hasPlugin(root) ? ignoredByGit([path, ...files], root) : [];
    const ignored = isIgnored.includes(path) ? 'folder' : isIgnored.length > 0 ? 'input' : undefined;
    const view = { path: shown, isDryRun, config, records, accepted, command, ignored } as const;
    return {
      text: initText(view),
      json: {
        ok: true,
        path: shown,
        corpusJson: config,
        records,
        accepted,
        next: command,
        dryRun: isDryRun,
        gitIgnores: ignored ?? null,
        note: ignored === undefined ? null : IGNORED[ignored],
      },
    };
  },
});

/** Fails with `config-exists` where there is such a file. */
function writeNew(folder: string, path: string, config: CorpusConfig): void {
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? exists(path) : error;
  }
}

/** Asks, on a terminal alone, whether the ids are to be made of these paths. */
async function isWanted(uniqueId: readonly string[], { signal }: CommandContext): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const line = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = `The ids repeat; ${uniqueId.map(printable).join(' and ')} together are unique. Make the ids of them? (yes/no) `;
    return /^y(es)?$/i.test((await line.question(question, { signal })).trim());
  } finally {
    line.close();
  }
}

/** Fails with `config-invalid` for a payload field that no chunk of the input has. */
function checkPayload({ payload = [] }: Partial<Flags>, { keys }: Inspection): void {
  const paths = keys.map(({ path }) => path);
  for (const field of payload) {
    if (PAYLOAD_COLUMNS.includes(field) || paths.some((path) => path === field || path.startsWith(`${field}.`)))
      continue;
    throw new IndexingError({
      code: 'config-invalid',
      message: `payload: no chunk has ${JSON.stringify(field)}, and it is no column.${didYouMean(field, paths)}`,
      details: { field },
    });
  }
}

/** Whether Nx makes projects of the corpora of this workspace. */
function hasPlugin(root: string): boolean {
  const plugins = readJson<{ plugins?: unknown }>(join(root, 'nx.json'))?.plugins;
  const names = (Array.isArray(plugins) ? plugins : []).map((each) => (typeof each === 'string' ? each : each?.plugin));
  return names.includes('@lockstep/nx');
}

function exists(path: string): IndexingError {
  const shown = printable(relative(process.cwd(), path));
  return new IndexingError({
    code: 'config-exists',
    message: `${shown} exists, and is left as it is.`,
  });
}
