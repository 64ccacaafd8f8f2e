/** Exit codes of `indexer`. Through Nx a failure is any non-zero code. */
export const EXIT = { done: 0, failed: 1, usage: 2, rejected: 3, guarded: 4, differ: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CatalogueEntry {
  readonly exit: ExitCode;
  /** What a user does about it, in one sentence. */
  readonly advice: string;
}

const entry = (exit: ExitCode, advice: string): CatalogueEntry => ({ exit, advice });

/** Every error code with the exit code of a command that it ends and what to do about it. */
export const ERROR_CATALOGUE = {
  usage: entry(EXIT.usage, 'Run the command with --help.'),
  'config-invalid': entry(EXIT.usage, 'Correct the named field of corpus.json or the named flag.'),
  'environment-invalid': entry(EXIT.usage, 'Set or correct the named variable; .env.example documents each.'),
  'input-missing': entry(EXIT.usage, 'Name a file that exists and can be read.'),
  'input-not-a-file': entry(EXIT.usage, 'Name a regular file; write what comes from a pipe or a device to one first.'),
  'input-changed': entry(EXIT.failed, 'Run again when nothing writes to the input; rename a finished file over it.'),
  'input-empty': entry(EXIT.failed, 'Write at least one record to the input; an empty file never empties an index.'),
  'input-malformed': entry(EXIT.failed, 'Correct the JSON at the named place.'),
  'input-encoding': entry(EXIT.failed, 'Save the input as UTF-8.'),
  'input-no-container': entry(EXIT.failed, 'Use an array, JSON lines, or an object with chunks, data or items.'),
  'input-ambiguous-container': entry(EXIT.failed, 'Keep only one of chunks, data and items.'),
  'input-gzip': entry(EXIT.failed, 'Compress the input again; it is cut or damaged.'),
  'input-nothing-acceptable': entry(EXIT.failed, 'Look into the rejects file, and correct the records.'),
  'records-rejected': entry(
    EXIT.rejected,
    'Correct the records that the named file lists, or let them pass: no --strict, a higher --max-rejects.',
  ),
  'artifact-missing': entry(EXIT.usage, 'Run the named earlier stage first, or `indexer run` for all of them.'),
  'artifact-damaged': entry(EXIT.failed, 'Run the stage that writes the file again.'),
  'cache-damaged': entry(
    EXIT.failed,
    'Run `indexer cache repair`; it sets the damaged lines aside and keeps all others.',
  ),
  'lock-timeout': entry(EXIT.failed, 'Wait for the other run to end, or stop it.'),
  'model-mismatch': entry(EXIT.guarded, 'Load into a new collection, verify it, then switch readers to it.'),
  'delete-guard': entry(EXIT.guarded, 'Check the input; pass --allow-deletes if they are really gone.'),
  'cost-guard': entry(EXIT.guarded, 'Look at `indexer plan`; raise --max-cost if the price is right.'),
  'confirmation-needed': entry(EXIT.guarded, 'Answer on a terminal, or pass --yes if you mean it.'),
  'not-recoverable': entry(EXIT.failed, 'Embed instead; what the store holds cannot stand in for the embeddings.'),
  overtaken: entry(EXIT.failed, 'Nothing to do: a later run of the same corpus took over.'),
  'quota-exhausted': entry(
    EXIT.failed,
    'Add credit to the named service, or raise its limit or plan, then run again; nothing paid is lost.',
  ),
  unauthorized: entry(EXIT.failed, 'Check the key or the password of the named service and what it may do.'),
  'request-refused': entry(EXIT.failed, 'The service refused a request as wrong; see the message.'),
  'rate-limited': entry(
    EXIT.failed,
    'Run again later; --tokens-per-minute and --requests-per-minute slow embedding down.',
  ),
  'service-unavailable': entry(EXIT.failed, 'Check that the named service is up and reachable, then run again.'),
  'response-invalid': entry(
    EXIT.failed,
    'The service gave an answer that it should not; check what listens at its address.',
  ),
  'capacity-exceeded': entry(
    EXIT.failed,
    'Make room in the store; in place of the embedded one, set QDRANT_HOST to a real Qdrant.',
  ),
  'deadline-exceeded': entry(EXIT.failed, 'The service did not recover in time; run again when it has.'),
  aborted: entry(EXIT.failed, 'The run was stopped; run it again and it goes on from what was saved.'),
  'disk-failed': entry(EXIT.failed, 'Check the free space and the permissions of the named place, then run again.'),
  invariant: entry(EXIT.failed, 'This is a fault of the program; please report it with the message.'),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
