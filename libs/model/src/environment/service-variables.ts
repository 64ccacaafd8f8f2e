/**
 * The variables that name the user's services, each with what it is: what the program reads, what `.env.example` and
 * docs/variables.md say, and what the generator `init` writes.
 */
export const SERVICE_VARIABLES = {
  OPENAI_API_KEY: "Key of the embedding service. Not needed with an OPENAI_BASE_URL that is not OpenAI's.",
  OPENAI_BASE_URL:
    "Another server that speaks OpenAI's protocol, such as http://localhost:8080/v1. With a key: https, except for this machine.",
  QDRANT_HOST:
    'Address of Qdrant: a URL with scheme, port and path as they are, or a bare host (https and port 6333 then).',
  QDRANT_URL: 'The same under another name, for those who use it already. Not read where QDRANT_HOST is set.',
  QDRANT_API_KEY: 'Key of Qdrant. Needs https, except for this machine.',
  NEON_POSTGRES_CONNECTION_STRING:
    "postgresql://user:password@host/database, with special characters in the password percent-encoded. A host that is not Neon's is taken as a plain Postgres server; add ?sslmode=verify-full there, or nothing is encrypted on the way.",
  NEON_FETCH_ENDPOINT:
    "URL of a proxy that speaks Neon's SQL over HTTP, where the database is reached through one. With a password in the connection string: https, except for this machine.",
  LOCKSTEP_PROFILE:
    'embedded or cloud, for all services that no other variable or flag chooses. Without it: cloud if both stores above are set, embedded if neither.',
} as const;

/** The limit of what embedding may cost, which is a flag too: the generators of the plugin write its variable. */
export const COST_LIMIT = {
  variable: 'LOCKSTEP_MAX_COST',
  meaning: 'Most that embedding may cost, in US dollars; default no limit',
} as const;
