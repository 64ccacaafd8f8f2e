import { connectReader, type Reader } from '@lockstep/indexer/reader';

/**
 * A reader for the services that the variables of the process name, as the command line has them. The address of Qdrant
 * must be a URL here. Where a variable is missing or cannot be used, prints a message on stderr that names it, and ends the
 * program with exit code 2.
 */
export function connectFromEnvironment(corpus?: string): Reader {
  const { OPENAI_BASE_URL, QDRANT_API_KEY, NEON_FETCH_ENDPOINT } = process.env;
  try {
    return connectReader({
      embedder: { apiKey: variable('OPENAI_API_KEY'), baseUrl: OPENAI_BASE_URL },
      vectors: { url: variable('QDRANT_HOST'), apiKey: QDRANT_API_KEY },
      rows: { connectionString: variable('NEON_POSTGRES_CONNECTION_STRING'), fetchEndpoint: NEON_FETCH_ENDPOINT },
      corpus,
    });
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The variable ${name} is not set.`);
  return value;
}
