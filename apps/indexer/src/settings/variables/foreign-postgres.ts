import { IndexingError } from '@lockstep/model';
import * as v from 'valibot';
import { FOREIGN_POSTGRES, type Environment } from '../environment.ts';
import type { Flags } from '../flags.ts';
import { postgresUrl } from './checks.ts';

/**
 * Takes the Postgres that another program's variable names, where a Qdrant is named, ours is not set, and nothing else says
 * where the rows are: an application's database must not get our tables by accident. Fails with `environment-invalid` for an
 * address that is not of Postgres, and for two different ones.
 */
export function takeForeignPostgres(environment: Environment, flags: Pick<Flags, 'vectors' | 'rows'>): Environment {
  const { QDRANT_HOST, QDRANT_URL, NEON_POSTGRES_CONNECTION_STRING: own, LOCKSTEP_PROFILE } = environment;
  const isChosen = own !== undefined || flags.rows !== undefined || LOCKSTEP_PROFILE !== undefined;
  const usesQdrant = (QDRANT_HOST ?? QDRANT_URL) !== undefined && flags.vectors !== 'embedded';
  if (isChosen || !usesQdrant) return environment;
  const [variable, other] = FOREIGN_POSTGRES.filter((name) => environment[name] !== undefined);
  if (variable === undefined) return environment;
  if (other !== undefined && environment[other] !== environment[variable]) {
    throw invalid(
      `${variable} and ${other} name different databases. Set NEON_POSTGRES_CONNECTION_STRING to the one for the rows`,
    );
  }
  const { success, output, issues } = v.safeParse(postgresUrl, environment[variable]);
  if (success) return { ...environment, NEON_POSTGRES_CONNECTION_STRING: output, postgresVariable: variable };
  throw invalid(
    `${variable}: ${issues[0].message}. It is taken because NEON_POSTGRES_CONNECTION_STRING is not set and nothing ` +
      'chooses the rows; otherwise set that, or LOCKSTEP_ROWS=embedded',
  );
}

function invalid(what: string): IndexingError {
  return new IndexingError({ code: 'environment-invalid', message: `${what}.` });
}
