import { readSource, type Source } from '../settings/corpus-file.ts';
import type { KnownCorpus } from './corpora-here.ts';

/** What a command works on that is given this corpus. Fails as `readSource` does. */
export function knownSource({ folder, folders, config, input, typed }: KnownCorpus, root: string): Source {
  if (folders.length === 0) return { config: config(), input: input(), typed };
  // Its settings first: they say what is wrong where two have one name.
  config();
  return readSource(`${folder}/corpus.json`, undefined, root, root);
}
