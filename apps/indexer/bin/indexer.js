#!/usr/bin/env node
import * as nodeModule from 'node:module';

// Plain JavaScript, so that a Node that cannot run the program can still say so.
const [major, minor] = process.versions.node.split('.').map(Number);
if (globalThis.Bun === undefined && globalThis.Deno === undefined && (major < 22 || (major === 22 && minor < 18))) {
  process.stderr.write(
    `indexer needs Node 22.18 or newer, found ${process.versions.node}.\n` +
      'A fitting one is installed with the packages: run `npx indexer` or `npx nx`, which find it.\n',
  );
  process.exitCode = 2;
} else {
  // Most of a short command's time is compiling; Bun and Deno have caches of their own.
  nodeModule.enableCompileCache?.();
  await import('../src/main.ts');
}
