import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { CorpusConfigSchema, CorpusName, IndexingError, type CorpusConfig } from '@lockstep/model';

/** What a command works on: a corpus with its file, or one input file that has none. */
export interface Source {
  readonly config: CorpusConfig;
  readonly inputPath: string;
}

/**
 * Finds out what the positional argument names: a `corpus.json`, a folder that holds one, or an input file, whose name
 * then names the corpus unless `corpusFlag` does.
 */
export function readSource(argument: string, corpusFlag: string | undefined): Source {
  const path = resolve(argument);
  if (!existsSync(path)) throw missing(argument);
  const configPath = statSync(path).isDirectory() ? join(path, 'corpus.json') : path;
  if (basename(configPath) !== 'corpus.json') return bareInput(argument, path, corpusFlag);
  if (!existsSync(configPath)) throw missing(join(argument, 'corpus.json'));
  const config = readCorpusConfig(configPath);
  const inputPath = resolve(dirname(configPath), config.input);
  if (!existsSync(inputPath)) throw missing(`${config.input} (the input of ${argument})`);
  return { config: corpusFlag === undefined ? config : { ...config, name: checkedName(corpusFlag) }, inputPath };
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
  return new IndexingError({ code: 'input-missing', message: `${what} does not exist.` });
}
