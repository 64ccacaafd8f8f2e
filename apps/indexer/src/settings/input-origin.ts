import { basename } from 'node:path';
import { counted, sha256Hex } from '@lockstep/model';
import type { InputOrigin } from '@lockstep/pipeline';
import { deriveCorpusName } from './corpus-name.ts';
import type { Input } from '../input/input-parts.ts';

/** UTF-16 units of a list that are remembered as they are; a longer one is shortened, with its hash. */
const LIST_UNITS_MAX = 1000;

/** Beginning of a list that is shortened. */
const LIST_UNITS_KEPT = 200;

/**
 * What a corpus remembers of its input. All files of a folder are the same input as the folder, however they were given,
 * also when one more comes; some of them are another one, since loading them would delete the others.
 *
 * @param name of the corpus
 * @param isDerived whether that is derived from the input, which another input may have as well
 */
export function inputOrigin(input: Input, name: string, isDerived: boolean): InputOrigin {
  const [first, ...others] = input.parts;
  const isOneFile = first?.name === input.shown && others.length === 0;
  const shown = isOneFile ? input.shown : (input.folder ?? shortened(input));
  if (!isDerived) return { shown };
  const parent = basename(folderOf(shown.replace(/\/$/, '')));
  const second = deriveCorpusName(`${parent === '' || parent === '..' ? 'second' : parent}-${input.label}`).name;
  return { shown, secondName: second === name ? `${name}-2` : second };
}

function shortened({ shown, parts }: Input): string {
  if (shown.length <= LIST_UNITS_MAX) return shown;
  return `${shown.slice(0, LIST_UNITS_KEPT)}... (${counted(parts.length, 'file')}, ${sha256Hex(shown).slice(0, 16)})`;
}

/** The folder of a path as it is shown; empty for the root of the workspace. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
