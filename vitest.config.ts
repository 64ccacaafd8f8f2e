import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['libs/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/*/src/**/*.test.ts'],
    globalSetup: ['libs/testing/src/postgres-global-setup.ts'],
    // Engines start and processes are spawned; two cores are shared by all files.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
