import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { CorpusConfigSchema, CorpusName, IndexingError, type CorpusConfig } from '@lockstep/model';
import { assertRegularFile } from '../runtime/input-file.ts';
import { printable } from '../terminal/printable.ts';
import { workspaceCorpora } from './workspace-corpora.ts';

/** What a command works on: a corpus with its `corpus.json`, or a single input file. */
export interface Source {
  readonly config: CorpusConfig;
  readonly inputPath: string;
}

/**
 * Resolves the positional argument: a `corpus.json`, a folder with one, an input file (the corpus is then named by
 * `corpusFlag`, or after the file), or the name of a corpus of the workspace.
 */
export function readSource(argument: string, corpusFlag: string | undefined, root: string): Source {
  const path = sourcePath(argument, root);
  const configPath = statSync(path).isDirectory() ? join(path, 'corpus.json') : path;
  if (basename(configPath) !== 'corpus.json') {
    assertRegularFile(path);
    return bareInput(argument, path, corpusFlag);
  }
  const config = readCorpusConfig(configPath);
  const inputPath = resolve(dirname(configPath), config.input);
  if (!existsSync(inputPath)) {
    throw missing(`${printable(config.input)} (the input of ${printable(argument)}) does not exist`);
  }
  assertRegularFile(inputPath);
  return { config: corpusFlag === undefined ? config : { ...config, name: checkedName(corpusFlag) }, inputPath };
}

/** Path of a file, of a folder with a `corpus.json`, or of the folder of the corpus with this name. */
function sourcePath(argument: string, root: string): string {
  const path = resolve(argument);
  const exists = existsSync(path);
  if (exists && (!statSync(path).isDirectory() || existsSync(join(path, 'corpus.json')))) return path;
  const named = workspaceCorpora(root).find(({ name }) => name === argument);
  if (named !== undefined) return join(root, named.folder);
  const what = printable(exists ? join(argument, 'corpus.json') : argument);
  throw missing(`"${what}" does not exist, and no corpus of the workspace has that name`);
}

/** Largest `corpus.json`, in bytes; usual ones have a few hundred. */
const CONFIG_BYTES_MAX = 1024 * 1024;

/** How many wrong fields of a file a message lists. */
const ISSUES_NAMED = 10;

/** Reads and checks a `corpus.json`. Fails with `config-invalid`, naming each wrong field. */
export function readCorpusConfig(path: string): CorpusConfig {
  const shown = printable(`${basename(dirname(path))}/corpus.json`);
  const stats = statSync(path);
  if (!stats.isFile() || stats.size > CONFIG_BYTES_MAX) {
    const message = `${shown}: expected a regular file of at most ${CONFIG_BYTES_MAX} bytes.`;
    throw new IndexingError({ code: 'config-invalid', message });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new IndexingError({ code: 'config-invalid', message: `${shown} is not JSON.` });
  }
  const result = v.safeParse(CorpusConfigSchema, parsed);
  if (result.success) return result.output;
  const wrong = result.issues
    .slice(0, ISSUES_NAMED)
    .map((issue) => printable(`${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`));
  if (result.issues.length > ISSUES_NAMED) wrong.push(`and ${result.issues.length - ISSUES_NAMED} more`);
  throw new IndexingError({ code: 'config-invalid', message: `${shown}: ${wrong.join('; ')}.` });
}

function bareInput(argument: string, inputPath: string, corpusFlag: string | undefined): Source {
  const name =
    corpusFlag ??
    basename(argument)
      .replace(/(\.(jsonl?|ndjson|gz))+$/i, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '');
  return { config: { name: checkedName(name), input: basename(inputPath) }, inputPath };
}

function checkedName(name: string): string {
  const result = v.safeParse(CorpusName, name);
  if (result.success) return result.output;
  throw new IndexingError({
    code: 'config-invalid',
    message: `Corpus name ${JSON.stringify(printable(name))}: ${result.issues[0].message}. Give one with --corpus.`,
  });
}

function missing(what: string): IndexingError {
  return new IndexingError({ code: 'input-missing', message: `${what}.` });
}
