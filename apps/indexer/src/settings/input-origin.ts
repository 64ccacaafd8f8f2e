import { basename } from 'node:path';
import type { InputOrigin } from '@lockstep/pipeline';
import { deriveCorpusName } from './corpus-name.ts';
import type { Input } from '../input/input-parts.ts';

/**
 * What a corpus remembers of its input. Files of one folder are the same input when one more comes, however they were given.
 *
 * @param name of the corpus
 * @param isDerived whether that is derived from the input, which another input may have as well
 */
export function inputOrigin(input: Input, name: string, isDerived: boolean): InputOrigin {
  const [first, ...others] = input.parts;
  const folders = new Set(input.parts.map((part) => (part.kind === 'file' ? folderOf(part.name) : undefined)));
  const [folder] = folders;
  const isOneFile = first?.name === input.shown && others.length === 0;
  const shown = !isOneFile && folders.size === 1 && folder !== undefined ? `${folder}/` : input.shown;
  if (!isDerived) return { shown };
  const parent = basename(folderOf(shown.replace(/\/$/, '')));
  const second = deriveCorpusName(`${parent === '' || parent === '..' ? 'second' : parent}-${input.label}`).name;
  return { shown, secondName: second === name ? `${name}-2` : second };
}

/** The folder of a path as it is shown; empty for the root of the workspace. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
