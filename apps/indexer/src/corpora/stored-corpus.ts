import { statSync } from 'node:fs';
import * as v from 'valibot';
import { CorpusName, isAddress } from '@lockstep/model';
import { isPattern } from '../input/find-input.ts';
import { deriveCorpusName } from '../settings/corpus-name.ts';
import { readSource } from '../settings/corpus-file.ts';
import { findCorpus, type CorpusPlace } from '../settings/find-corpus.ts';
import { inputOrigin } from '../settings/input-origin.ts';
import { fileCorpora } from './file-corpora.ts';

/** A corpus of the stores that an argument means. */
export interface StoredCorpus extends CorpusPlace {
  /** The input that was given in the place of a name, as the run table keeps it. @default the corpus was named */
  readonly input?: string | undefined;
  /** The name that the argument would give as a file, without its ending, where there is no such file. @default the argument is a name or an input */
  readonly meant?: string | undefined;
}

/**
 * Finds the corpus that an argument means to a command that works on the stores alone: as `findCorpus`, or by its input, whose
 * name gives that of the corpus. Collection and table are those that it was loaded with on this machine.
 */
export function storedCorpus(
  argument: string,
  { root, stateDirectory }: { readonly root: string; readonly stateDirectory: string },
): StoredCorpus {
  const found = findCorpus(argument, root);
  if (found.file !== undefined) return found;
  if (!isInput(argument)) {
    const meant = deriveCorpusName(argument.replace(/\.[^.\\/]*$/, '')).name;
    return { ...found, ...placeHere(argument, stateDirectory), meant };
  }
  const { config, input } = readSource(argument, undefined, root);
  const { name } = config;
  return { corpus: name, ...placeHere(name, stateDirectory), input: inputOrigin(input, name, true).shown };
}

/** Whether an argument is an input and no name. A folder may have the name of a corpus. */
function isInput(argument: string): boolean {
  if (isPattern(argument) || isAddress(argument)) return true;
  const stats = statSync(argument, { throwIfNoEntry: false });
  return stats !== undefined && !(stats.isDirectory() && v.is(CorpusName, argument));
}

function placeHere(name: string, stateDirectory: string): Pick<CorpusPlace, 'collection' | 'table'> {
  const { collection, table } = fileCorpora(stateDirectory).find((corpus) => corpus.name === name)?.config ?? {};
  return { collection, table };
}
