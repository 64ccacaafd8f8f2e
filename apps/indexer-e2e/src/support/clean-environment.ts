/**
 * Variables that child processes of tests must not inherit: those of the test runner, and those that choose services.
 */
const DROPPED =
  /^(NODE_ENV|MODE|BASE_URL|DEV|PROD|SSR|TEST|VITEST.*|NX_.*|OPENAI_.*|QDRANT_.*|NEON_.*|DATABASE_URL|POSTGRES_URL|LOCKSTEP_.*|CI)$/;

export function cleanEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || DROPPED.test(name) ? [] : [[name, value]],
    ),
  );
}
