/** Variables that a test's children must not inherit: the runner's own, and whatever would choose other services. */
const DROPPED =
  /^(NODE_ENV|MODE|BASE_URL|DEV|PROD|SSR|TEST|VITEST.*|NX_.*|OPENAI_.*|QDRANT_.*|NEON_.*|LOCKSTEP_.*|CI)$/;

export function cleanEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || DROPPED.test(name) ? [] : [[name, value]],
    ),
  );
}
