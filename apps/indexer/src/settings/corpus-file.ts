import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { CONFIG_BYTES_MAX } from '@lockstep/model/own-corpus-config';
import {
  CorpusConfigSchema,
  CorpusName,
  didYouMean,
  IndexingError,
  isAddress,
  type CorpusConfig,
} from '@lockstep/model';
import { configProblems } from './corpora/config-problem.ts';
import { knownCorpora } from './corpora/known-corpora.ts';
import { typedSource } from './corpora/typed-source.ts';
import { findInput, isPattern } from '../input/find-input.ts';
import type { Input } from '../input/input-parts.ts';
import { isStdin } from '../input/stdin-bytes.ts';
import { printable } from '../terminal/printable.ts';
import { deriveCorpusName, type DerivedName } from './corpus-name.ts';
import { workspaceCorpora } from './workspace-corpora.ts';

/** What a command works on: a corpus with its `corpus.json`, or an input alone. */
export interface Source {
  readonly config: CorpusConfig;
  readonly input: Input;
  /** What a command is given to work on it, for advice: the arguments as they were typed. */
  readonly typed: string;
  /** The arguments that named an input alone; undefined of a corpus.json, or of a corpus that is described in code. */
  readonly given?: readonly string[];
  /** The name that was derived from that of the input; undefined where it stands in corpus.json or was typed. */
  readonly derivedName?: DerivedName | undefined;
  /** Path of the `corpus.json`; undefined of an input without one. */
  readonly configPath?: string;
}

/**
 * Resolves the positional arguments: a `corpus.json`, a folder with one, or the name of a corpus of the workspace; or else
 * an input: files, folders and patterns. The corpus is then named by `corpusFlag`, or after the file or the folder.
 */
export function readSource(
  given: string | readonly string[],
  corpusFlag: string | undefined,
  root: string,
  cwd = process.cwd(),
): Source {
  const sources = [given].flat();
  const [only = ''] = sources;
  const configPath = sources.length === 1 ? findConfig(only, root, cwd) : undefined;
  if (configPath === undefined) return bareInput(sources, corpusFlag, { root, cwd });
  const config = readCorpusConfig(configPath);
  const input = findInput([config.input].flat(), { from: dirname(configPath), root, of: only });
  return {
    config: corpusFlag === undefined ? config : { ...config, name: checkedName(corpusFlag) },
    input,
    typed: typedSource(sources, corpusFlag),
    configPath,
  };
}

/** Path of the `corpus.json` that an argument stands for; undefined where it stands for an input. */
function findConfig(argument: string, root: string, cwd: string): string | undefined {
  if (isAddress(argument) || isStdin(argument)) return undefined;
  const path = resolve(cwd, argument);
  const exists = existsSync(path);
  const isFolder = exists && statSync(path).isDirectory();
  if (exists && !isFolder) return basename(path) === 'corpus.json' ? path : undefined;
  const configPath = join(path, 'corpus.json');
  if (isFolder && existsSync(configPath)) return configPath;
  const named = workspaceCorpora(root).find(({ name }) => name === argument);
  if (named !== undefined) return join(root, named.folder, 'corpus.json');
  if (exists || isPattern(argument)) return undefined;
  const corpora = workspaceCorpora(root).map(({ name }) => name);
  // A path was hardly meant as the name of a corpus.
  const known = /[\\/]/.test(argument)
    ? printable(didYouMean(basename(argument), [...neighboursOf(path), ...corpora]))
    : knownCorpora(argument, corpora, neighboursOf(path));
  const message = `"${printable(argument)}" does not exist, and no corpus of the workspace has that name.${known}`;
  throw new IndexingError({ code: 'input-missing', message });
}

/** Names in the folder of a path that does not exist. */
function neighboursOf(argument: string): readonly string[] {
  try {
    return readdirSync(dirname(argument));
  } catch {
    return [];
  }
}

/** How many wrong fields of a file a message lists. */
const PROBLEMS_NAMED = 10;

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
    throw new IndexingError({ code: 'config-invalid', message: `${shown} is not JSON${placeIn(error)}.` });
  }
  return checkCorpusConfig(parsed, shown);
}

/** Where a text is no JSON, as the engine tells it; not its words, which repeat the text. */
function placeIn({ message }: SyntaxError): string {
  const [, line, column] = /line (\d+) column (\d+)/.exec(message) ?? [];
  return line === undefined ? '' : `; see line ${line}, column ${column}`;
}

/** A corpus that is described in code, as a `corpus.json` in `cwd` would. */
export function sourceOf(config: unknown, root: string, cwd: string): Source {
  const checked = checkCorpusConfig(config, 'corpus');
  const input = findInput([checked.input].flat(), { from: cwd, root, of: checked.name });
  return { config: checked, input, typed: checked.name };
}

/** Checks the content of a `corpus.json`. `shown` names it in messages. */
function checkCorpusConfig(parsed: unknown, shown: string): CorpusConfig {
  const result = v.safeParse(
    v.pipe(
      v.custom((content) => !Array.isArray(content), 'expected an object'),
      CorpusConfigSchema,
    ),
    parsed,
  );
  if (result.success) return result.output;
  const problems = configProblems(result.issues);
  const wrong = problems.slice(0, PROBLEMS_NAMED);
  if (problems.length > wrong.length) wrong.push(`and ${problems.length - wrong.length} more`);
  throw new IndexingError({ code: 'config-invalid', message: `${shown}: ${wrong.join('; ')}.` });
}

function bareInput(
  sources: readonly string[],
  corpusFlag: string | undefined,
  { root, cwd }: { readonly root: string; readonly cwd: string },
): Source {
  const config = sources.find(
    (path) => basename(path) === 'corpus.json' || existsSync(resolve(cwd, path, 'corpus.json')),
  );
  if (config !== undefined && sources.length > 1) {
    const message = `${printable(config)} is a corpus of its own; expected it alone, or files of chunks.`;
    throw new IndexingError({ code: 'usage', message });
  }
  const input = findInput(sources, { from: cwd, root });
  const typed = typedSource(sources, corpusFlag);
  if (corpusFlag !== undefined) {
    return { config: { name: checkedName(corpusFlag), input: input.shown }, input, typed, given: sources };
  }
  if (input.label === undefined) {
    const message = 'This input has no name for its corpus. Give one with --corpus.';
    throw new IndexingError({ code: 'config-invalid', message });
  }
  const derivedName = deriveCorpusName(input.label);
  return { config: { name: derivedName.name, input: input.shown }, input, typed, given: sources, derivedName };
}

function checkedName(name: string): string {
  const result = v.safeParse(CorpusName, name);
  if (result.success) return result.output;
  throw new IndexingError({
    code: 'config-invalid',
    message: `Corpus name ${JSON.stringify(printable(name))}: ${result.issues[0].message}. Give one with --corpus.`,
  });
}
