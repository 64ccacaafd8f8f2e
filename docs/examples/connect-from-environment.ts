import { connectReader, type Reader } from '@lockstep/indexer/reader';

/**
 * A reader for the services that the variables of the process name, as the command line has them. The address of Qdrant
 * must be a URL here. Where a variable is missing or cannot be used, prints a message on stderr that names it, and ends the
 * program with exit code 2.
 */
export function connectFromEnvironment(corpus?: string): Reader {
  try {
    return connectReader({
      embedder: { apiKey: required('OPENAI_API_KEY'), baseUrl: variable('OPENAI_BASE_URL') },
      vectors: { url: required('QDRANT_HOST'), apiKey: variable('QDRANT_API_KEY') },
      rows: {
        connectionString: required('NEON_POSTGRES_CONNECTION_STRING'),
        fetchEndpoint: variable('NEON_FETCH_ENDPOINT'),
      },
      corpus,
    });
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

/** An empty variable counts as one that is not set, as in `.env.example`. */
function variable(name: string): string | undefined {
  return process.env[name] || undefined;
}

function required(name: string): string {
  const value = variable(name);
  if (value === undefined) throw new Error(`The variable ${name} is not set.`);
  return value;
}
