import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { wrongOption } from './wrong-option.ts';
import type { IndexOptions } from './index-options.ts';

/** Options of `openIndex` that are no flags, checked; the others as they are. Fails with `option-invalid`. */
export function checkOpening(options: IndexOptions): IndexOptions & { readonly cwd: string } {
  if (!isObject(options)) throw wrongOption('options: expected an object with a corpus');
  const { corpus, cwd = process.cwd(), env, signal, onEvent } = options;
  const isInput =
    typeof corpus === 'string' || (Array.isArray(corpus) && corpus.every((path) => typeof path === 'string'));
  if (!isInput && (!isObject(corpus) || Array.isArray(corpus))) {
    throw wrongOption('corpus: expected a name, a path, a list of paths or settings');
  }
  if (typeof cwd !== 'string' || statSync(resolve(cwd), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw wrongOption('cwd: expected a folder that exists');
  }
  if (env !== undefined && !isObject(env)) throw wrongOption('env: expected an object of variables');
  const odd = Object.entries(env ?? {}).find(([, value]) => value !== undefined && typeof value !== 'string');
  // Values may be secrets.
  if (odd !== undefined) throw wrongOption(`env.${odd[0]}: expected a text, found a ${typeof odd[1]}`);
  checkSignal(signal);
  if (onEvent !== undefined && typeof onEvent !== 'function') throw wrongOption('onEvent: expected a function');
  return { ...options, cwd: resolve(cwd) };
}

/** Fails with `option-invalid` for what is neither undefined nor a signal. */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongOption('signal: expected an AbortSignal');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
