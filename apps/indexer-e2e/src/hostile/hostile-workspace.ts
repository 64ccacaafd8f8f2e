import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EXIT, ERROR_CATALOGUE, IndexingError, isIndexingError, type ErrorCode } from '@lockstep/model';
import type { ValidateReceipt } from '@lockstep/pipeline';
import { createConsoleReporter } from '@lockstep/indexer/terminal/console-reporter';
import { openCorpusSession } from '@lockstep/indexer/wiring/corpus-session';
import { embedderFacts } from '@lockstep/indexer/settings/embedder-facts';
import { readSource } from '@lockstep/indexer/settings/corpus-file';
import { resolveCorpusSettings, resolveModel } from '@lockstep/indexer/settings/corpus-settings';
import { CORPUS_FLAGS } from '@lockstep/indexer/settings/flags';
import { argsOf, parseFlags, resolveFlags } from '@lockstep/indexer/settings/parse-flags';
import { resolveProfile } from '@lockstep/indexer/settings/profile';

/** The result of one input. */
export interface Outcome {
  readonly exit: number;
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly receipt: ValidateReceipt | undefined;
}

/** A line of the rejects file. */
export interface RejectLine {
  readonly index: number;
  readonly line: number;
  readonly chunk_id: string | null;
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
  readonly keys: readonly string[] | null;
}

/** A folder with inputs, and the state directory of a corpus with a good input that was validated before. */
export interface HostileWorkspace {
  readonly root: string;
  /** Writes a file below the root and returns its path. */
  put(name: string, content: string | Uint8Array): string;
  /** Does in this process what `indexer validate <source> --corpus docs` does, with `more` flags. */
  validate(source: string, signal?: AbortSignal, more?: Readonly<Record<string, string>>): Promise<Outcome>;
  rejects(): RejectLine[];
  /** Ids of the chunks for the next stage. */
  chunkIds(): string[];
  /** What a refused input should not leave: a receipt, other chunks, a temporary file, an opened store. */
  traces(): string[];
  dispose(): void;
}

/** Ids in the good input. */
export const GOOD_IDS = ['good-1', 'good-2'];

const CORPUS = 'docs';

export async function createHostileWorkspace(): Promise<HostileWorkspace> {
  const root = mkdtempSync(join(tmpdir(), 'lockstep-hostile-'));
  const stateDirectory = join(root, 'state');
  const corpusFolder = join(stateDirectory, CORPUS);

  const workspace: HostileWorkspace = {
    root,
    put(name, content) {
      const path = join(root, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    async validate(given, signal = new AbortController().signal, more = {}) {
      try {
        const flags = resolveFlags(parseFlags({ _: [], corpus: CORPUS, ...more }, argsOf(CORPUS_FLAGS)), {});
        const profile = resolveProfile({}, flags, undefined);
        const source = readSource(given, CORPUS, root);
        const settings = resolveCorpusSettings(source, flags);
        const model = resolveModel(source.config, flags, profile);
        const embedder = embedderFacts(model, profile, {});
        const reporter = createConsoleReporter({ volume: 'normal', forPrograms: true });
        const own = { settings, model, embedder, profile, environment: {}, stateDirectory, reporter, signal };
        const session = openCorpusSession(own);
        try {
          const receipt = await session.validate({ strict: false });
          return { exit: EXIT.done, code: undefined, message: '', receipt };
        } finally {
          await session.close();
        }
      } catch (error) {
        if (!isIndexingError(error)) throw error;
        const { code, message } = error;
        return { exit: ERROR_CATALOGUE[code].exit, code, message, receipt: undefined };
      }
    },
    rejects: () => linesOf<RejectLine>(join(corpusFolder, 'validate/rejects.jsonl')),
    chunkIds: () =>
      linesOf<{ chunk_id: string }>(join(corpusFolder, 'validate/chunks.jsonl'))
        .map(({ chunk_id }) => chunk_id)
        .toSorted(),
    traces() {
      const temporary = readdirSync(join(corpusFolder, 'tmp')).map((name) => `a temporary, ${name}`);
      const stores = readdirSync(stateDirectory).filter((name) => name !== CORPUS);
      const receipt = existsSync(join(corpusFolder, 'validate/receipt.json')) ? ['a receipt'] : [];
      const isSame = JSON.stringify(workspace.chunkIds()) === JSON.stringify(GOOD_IDS);
      return [...temporary, ...stores, ...receipt, ...(isSame ? [] : ['other chunks than those of the good input'])];
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
  const good = workspace.put('good.jsonl', GOOD_IDS.map((id) => `${JSON.stringify({ id, text: 't' })}\n`).join(''));
  const { receipt } = await workspace.validate(good);
  if (receipt?.accepted !== GOOD_IDS.length) {
    throw new IndexingError({ code: 'invariant', message: 'The good input was not accepted.' });
  }
  return workspace;
}

function linesOf<Line>(path: string): Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}
