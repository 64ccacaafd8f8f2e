import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A span as `write-spans.ts` writes it. */
export interface WrittenSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first of a trace. */
  readonly parentId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: number };
  readonly events: readonly string[];
}

/** Variables with which a program preloads `write-spans.ts`, and writes its spans to a file. */
export function preloaded(file: string): Readonly<Record<string, string>> {
  const register = pathToFileURL(join(import.meta.dirname, 'write-spans.ts')).href;
  return { NODE_OPTIONS: `--import ${register}`, LOCKSTEP_TEST_SPANS: file };
}

/** The spans of a file; none if it does not exist. */
export function readSpans(file: string): WrittenSpan[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as WrittenSpan);
}
