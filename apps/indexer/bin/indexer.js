#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { setFlagsFromString } from 'node:v8';

// Plain JavaScript, so that a Node that cannot run the program can still say so.
const [major, minor] = process.versions.node.split('.').map(Number);
if (globalThis.Bun === undefined && globalThis.Deno === undefined && (major < 22 || (major === 22 && minor < 18))) {
  process.stderr.write(
    `Lockstep needs Node 22.18 or newer, found ${process.versions.node}.\n` +
      'In a clone of Lockstep, npm installs such a Node in node_modules: `npx indexer` and `npx nx` use it.\n',
  );
  process.exitCode = 2;
} else {
  // Files of any size pass through: V8 would let memory grow with what it could collect, for the sake of a few percent of time.
  if (globalThis.Bun === undefined && globalThis.Deno === undefined) {
    setFlagsFromString('--semi-space-growth-factor=1');
    setFlagsFromString('--heap-growing-percent=50');
  }
  // A short command spends most of its time compiling; Bun and Deno have their own caches.
  nodeModule.enableCompileCache?.();
  // `imports` in package.json names the file: the source here, the built one in the published package.
  await import('#main');
}
