import { join } from 'node:path';
import type { CorpusConfig } from '@lockstep/model';
import { findInput } from '../input/find-input.ts';
import type { Input } from '../input/input-parts.ts';
import { refuseSharedName } from '../settings/corpora/refuse-shared-name.ts';
import { typedSource } from '../settings/corpora/typed-source.ts';
import { readCorpusConfig } from '../settings/corpus-file.ts';
import { deriveCorpusName } from '../settings/corpus-name.ts';
import { corpusFiles } from '../settings/workspace-corpora.ts';
import { argumentsOf, fileCorpora, type FileCorpus } from './file-corpora.ts';

/** A corpus of a `corpus.json` of the workspace, or one that was loaded on this machine without. */
export interface KnownCorpus {
  readonly name: string;
  /** Folder of its `corpus.json`, from the root; without one, what it was loaded from. */
  readonly folder: string;
  /** The folders of all `corpus.json` with its name; more than one is a mistake. */
  readonly folders: readonly string[];
  /** What a command is given to work on it. */
  readonly typed: string;
  /** Reads its settings. Fails with `config-invalid`. */
  readonly config: () => CorpusConfig;
  /** Finds its input. Fails as `findInput` does. */
  readonly input: () => Input;
}

export interface CorporaHereOptions {
  readonly root: string;
  readonly stateDirectory: string;
}

/**
 * The corpora that `summary` and `status` tell of, sorted by name, each name once. In a task of Nx they are those with a
 * `corpus.json`, which are its projects: what a user tries beside them does not decide how a task ends.
 */
export function corporaHere({ root, stateDirectory }: CorporaHereOptions): KnownCorpus[] {
  // One that gives no name is named by its folder, as its project of Nx is.
  const described = corpusFiles(root).map(({ name, folder }) => ({ name: name ?? folder, folder }));
  const known = new Map<string, KnownCorpus>();
  for (const corpus of described) {
    const { name, folder } = corpus;
    if (known.has(name)) continue;
    const from = join(root, folder);
    const config = (): CorpusConfig => {
      refuseSharedName(corpus, described);
      return readCorpusConfig(join(from, 'corpus.json'));
    };
    const input = (): Input => findInput([config().input].flat(), { from, root, of: name });
    const folders = described.filter((each) => each.name === name).map((each) => each.folder);
    known.set(name, { name, folder, folders, typed: typedSource([folder], undefined), config, input });
  }
  if (process.env['NX_TASK_TARGET_PROJECT'] === undefined) {
    for (const corpus of fileCorpora(stateDirectory)) {
      if (!known.has(corpus.name)) known.set(corpus.name, withoutFile(corpus, root));
    }
  }
  return [...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function withoutFile(corpus: FileCorpus, root: string): KnownCorpus {
  const { name, config, folder, input: given } = corpus;
  const input = (): Input => findInput(given, { from: folder, root });
  const found = labelOf(input);
  const derived = found === undefined ? undefined : deriveCorpusName(found).name;
  const words = argumentsOf(corpus, process.cwd(), derived);
  return {
    name,
    folder: words.slice(0, given.length).join(' '),
    folders: [],
    typed: typedSource(words, undefined),
    config: () => config,
    input,
  };
}

/** What the name of a corpus is derived from; undefined where the input is gone, and then the name is told. */
function labelOf(input: () => Input): string | undefined {
  try {
    return input().label;
  } catch {
    return undefined;
  }
}
