import * as v from 'valibot';
import { CorpusName } from '@lockstep/model';
import { createProjection, type Projection } from '@lockstep/pipeline';
import { refusal } from './refusal.ts';
import type { ReadingOptions } from './reading-options.ts';

/** The corpus that a request names, or else that of the server. Fails with `request-invalid` where there is none. */
export function requestedCorpus({ corpus }: Pick<ReadingOptions, 'corpus'>, named: unknown): string {
  const name = named ?? corpus;
  if (name === undefined) throw refusal('request-invalid', 'corpus: expected the name of a corpus, found none');
  const result = v.safeParse(CorpusName, name);
  if (result.success) return result.output;
  const [{ message }] = result.issues;
  throw refusal('request-invalid', `corpus: ${typeof name === 'string' ? message : 'expected a text'}`);
}

/** What points of a corpus carry. */
export function projectionOf(
  { services, payload }: Pick<ReadingOptions, 'services' | 'payload'>,
  corpus: string,
): Projection {
  return createProjection({ corpus, model: services.embedder.identity.model, fields: payload });
}
