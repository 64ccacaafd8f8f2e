import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { CorpusConfigSchema, CorpusName, IndexingError, type CorpusConfig } from '@lockstep/model';
import { workspaceCorpora } from './workspace-corpora.ts';

/** What a command works on: a corpus with its file, or one input file that has none. */
export interface Source {
  readonly config: CorpusConfig;
  readonly inputPath: string;
}

/**
 * Finds out what the positional argument names: a `corpus.json`, a folder that holds one, an input file, whose name then
 * names the corpus unless `corpusFlag` does, or else a corpus of the workspace by its name.
 */
export function readSource(argument: string, corpusFlag: string | undefined, root: string): Source {
  const path = sourcePath(argument, root);
  const configPath = statSync(path).isDirectory() ? join(path, 'corpus.json') : path;
  if (basename(configPath) !== 'corpus.json') return bareInput(argument, path, corpusFlag);
  const config = readCorpusConfig(configPath);
  const inputPath = resolve(dirname(configPath), config.input);
  if (!existsSync(inputPath)) throw missing(`${config.input} (the input of ${argument}) does not exist`);
  return { config: corpusFlag === undefined ? config : { ...config, name: checkedName(corpusFlag) }, inputPath };
}

/** A file, a folder with a `corpus.json`, or the folder of the corpus that has this name. */
function sourcePath(argument: string, root: string): string {
  const path = resolve(argument);
  const exists = existsSync(path);
  if (exists && (!statSync(path).isDirectory() || existsSync(join(path, 'corpus.json')))) return path;
  const named = workspaceCorpora(root).find(({ name }) => name === argument);
  if (named !== undefined) return join(root, named.folder);
  const what = exists ? `${join(argument, 'corpus.json')} does not exist` : `${argument} does not exist`;
  throw missing(`${what}, and no corpus of the workspace has that name`);
}

/** Reads and checks a `corpus.json`. Fails with `config-invalid`, naming each wrong field. */
export function readCorpusConfig(path: string): CorpusConfig {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new IndexingError({ code: 'config-invalid', message: `${basename(dirname(path))}/corpus.json is not JSON.` });
  }
  const result = v.safeParse(CorpusConfigSchema, parsed);
  if (result.success) return result.output;
  const wrong = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
  throw new IndexingError({
    code: 'config-invalid',
    message: `${basename(dirname(path))}/corpus.json: ${wrong.join('; ')}.`,
  });
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
    message: `Corpus name ${JSON.stringify(name)}: ${result.issues[0].message}. Give one with --corpus.`,
  });
}

function missing(what: string): IndexingError {
  return new IndexingError({ code: 'input-missing', message: `${what}.` });
}
