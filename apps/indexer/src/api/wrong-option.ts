import { IndexingError } from '@lockstep/model';

/** The error of an option that cannot be. `what` names it first; `meant` is a sentence of its own. */
export function wrongOption(what: string, meant = ''): IndexingError {
  return new IndexingError({ code: 'option-invalid', message: `${what}.${meant}` });
}
