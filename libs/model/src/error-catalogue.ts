/** Exit codes of `indexer`. Nx replaces a failure's code by another that is not zero. */
export const EXIT = { done: 0, failed: 1, usage: 2, rejected: 3, guarded: 4, differ: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CatalogueEntry {
  readonly exit: ExitCode;
  /** What the user can do about it. */
  readonly advice: string;
}

const entry = (exit: ExitCode, advice: string): CatalogueEntry => ({ exit, advice });

/** Every error code, with the exit code of a command that fails with it and what to do about it. */
export const ERROR_CATALOGUE = {
  usage: entry(
    EXIT.usage,
    'See `indexer help` for all commands, and `indexer help <command>` for the arguments and flags of one.',
  ),
  'option-invalid': entry(EXIT.usage, 'Correct the option of the call that the message names.'),
  'config-invalid': entry(EXIT.usage, 'Correct the field of corpus.json or the flag that the message names.'),
  'config-exists': entry(EXIT.usage, 'Change the file by hand, delete it first, or name another folder with --folder.'),
  'environment-invalid': entry(
    EXIT.usage,
    'Set or correct the variable that the message names, in the environment or in the file .env of the workspace.',
  ),
  'embedded-missing': entry(
    EXIT.usage,
    'Run `npm install @lockstep/embedded`, or set OPENAI_API_KEY, QDRANT_HOST and NEON_POSTGRES_CONNECTION_STRING.',
  ),
  'corpus-unknown': entry(
    EXIT.usage,
    'Name one of the corpora that the message lists; `indexer status` shows them all.',
  ),
  'input-missing': entry(EXIT.usage, 'Name a file that exists and that you may read.'),
  'input-not-a-file': entry(
    EXIT.usage,
    'Name a regular file, or pipe the data into the command with `-` as its input; corpus.json takes files alone.',
  ),
  'input-too-large': entry(EXIT.failed, 'Split the input into several corpora, or merge its files into fewer.'),
  'input-address': entry(
    EXIT.failed,
    'Check the address with curl; or download the file and name it, or pipe it into the command with `-` as its input.',
  ),
  'input-digest': entry(EXIT.failed, 'If the new content is right, write the SHA-256 that was found into corpus.json.'),
  'input-changed': entry(
    EXIT.failed,
    'Run again when no program writes to the input; to replace it safely, rename a finished file over it.',
  ),
  'input-empty': entry(
    EXIT.failed,
    'Write at least one record to the input; to delete a whole corpus, use `indexer drop <corpus>`.',
  ),
  'input-malformed': entry(EXIT.failed, 'Correct the JSON in the line that the message names.'),
  'input-encoding': entry(EXIT.failed, 'Save the input as UTF-8.'),
  'input-form': entry(
    EXIT.failed,
    'Write the chunks as JSON, JSON lines, CSV, TSV or Parquet, plain or compressed with gzip or zstd.',
  ),
  'input-no-container': entry(
    EXIT.failed,
    'Name where the records stand with fields.records in corpus.json or --records; otherwise write them as a JSON array or as JSON lines.',
  ),
  'input-ambiguous-container': entry(EXIT.failed, 'Keep only one of the keys chunks, data and items.'),
  'input-columns': entry(EXIT.failed, 'Export the input again, in parts where it is too large.'),
  'input-gzip': entry(EXIT.failed, 'Compress the input again; the file is cut or damaged.'),
  'input-zstd': entry(EXIT.failed, 'Compress the input again; if this runtime cannot read zstd, decompress it first.'),
  'input-parquet': entry(EXIT.failed, 'Write the Parquet file again, as the message says.'),
  'input-nothing-acceptable': entry(
    EXIT.failed,
    'Correct the records; the file that the message names lists what is wrong with each.',
  ),
  'id-not-unique': entry(EXIT.failed, 'Add the named line to corpus.json, or give each record an id of its own.'),
  'too-many-rejected': entry(
    EXIT.guarded,
    'Name the fields in corpus.json, correct the records, or allow it: maxRejectedPercent there, --max-rejected-percent, or LOCKSTEP_MAX_REJECTED_PERCENT through Nx.',
  ),
  'questions-missing': entry(
    EXIT.usage,
    'Write questions.json beside corpus.json, or name a file with --questions; --make-questions 300 makes some of the corpus.',
  ),
  'questions-invalid': entry(
    EXIT.usage,
    'Correct the place that the message names; docs/evaluation.md has the formats.',
  ),
  'questions-foreign': entry(
    EXIT.usage,
    'Name the questions of this corpus with --questions; their ids must be those of its chunks or documents.',
  ),
  'evaluation-unknown': entry(
    EXIT.usage,
    'Name an evaluation by its id, or by the beginning of it; the message lists the latest.',
  ),
  'records-rejected': entry(
    EXIT.rejected,
    'Correct the records that the file of the message lists, or accept the loss: leave out --strict, or, for texts that the embedding service refused, raise --max-rejects.',
  ),
  'artifact-missing': entry(
    EXIT.usage,
    'First run the stage that the message names, or run all stages with `indexer run <corpus>`.',
  ),
  'validate-failed': entry(
    EXIT.failed,
    'Correct what the message says, then load the corpus with `indexer run <corpus>`.',
  ),
  'artifact-damaged': entry(EXIT.failed, 'Run the stage that writes the file again.'),
  'cache-damaged': entry(
    EXIT.failed,
    'Run `indexer cache repair <corpus>`; it moves the damaged lines to another file and keeps all others.',
  ),
  'lock-timeout': entry(EXIT.failed, 'Wait until the other process has ended, or stop it.'),
  'model-mismatch': entry(
    EXIT.guarded,
    'Load into a new collection and table (--collection, --table), verify them, then switch your readers to them. `plan --only embed` tells what embedding for them would cost.',
  ),
  'other-input': entry(
    EXIT.guarded,
    'Pass --corpus: with the name of the corpus to replace its index, with another name to make a second one.',
  ),
  'other-ids': entry(
    EXIT.guarded,
    'Check the input; if its ids shall really replace those of the corpus, pass --allow-new-ids or name them in fields.id.',
  ),
  'rename-refused': entry(EXIT.guarded, 'Do what the message says, then rename; nothing was deleted.'),
  'delete-guard': entry(
    EXIT.guarded,
    'Check the input; if the chunks shall really be deleted, pass --allow-deletes or a higher --max-delete-percent.',
  ),
  'cost-guard': entry(
    EXIT.guarded,
    'See what would be embedded with `indexer plan <corpus>`; if the cost is right, raise --max-cost.',
  ),
  'confirmation-needed': entry(EXIT.guarded, 'Run the command in a terminal and confirm there, or pass --yes.'),
  'not-confirmed': entry(
    EXIT.guarded,
    'Run the command again and answer with the name of the corpus as the question has it, or pass --yes.',
  ),
  'not-recoverable': entry(
    EXIT.failed,
    'Embed the texts again; the vectors in the collection cannot be used in their place.',
  ),
  'corpus-loaded': entry(
    EXIT.guarded,
    'Change the input of the corpus and load it; or write to a corpus of another name.',
  ),
  'corpus-dropped': entry(
    EXIT.differ,
    'If it shall be there again, load it with `indexer run <corpus>`; the vectors in the cache are not paid for twice.',
  ),
  'stores-differ': entry(EXIT.differ, 'Write the same chunks again; that brings both stores in step.'),
  'request-invalid': entry(EXIT.usage, 'Correct the part of the request that the message names.'),
  'request-too-large': entry(EXIT.usage, 'Send fewer or smaller chunks in one request.'),
  'route-unknown': entry(EXIT.usage, 'Use a path and a method that the message names.'),
  'not-authenticated': entry(
    EXIT.usage,
    'Send the header `authorization: Bearer TOKEN` with the token that the server was given.',
  ),
  'request-foreign': entry(
    EXIT.usage,
    'Open the address that the server printed, in a browser or with curl on this machine.',
  ),
  'writes-not-allowed': entry(EXIT.usage, 'Start the server with --allow-writes, or type the command in a terminal.'),
  'run-under-way': entry(EXIT.usage, 'Wait until the run of this corpus has ended, or stop it.'),
  'port-taken': entry(EXIT.usage, 'Name another port with --port, or leave it out: then any free one is taken.'),
  overtaken: entry(
    EXIT.failed,
    'A later run of the same corpus has taken over: nothing to do after a load; an edit is to be sent again.',
  ),
  'quota-exhausted': entry(
    EXIT.failed,
    'Add credit to the service, or raise its limit, then run again; nothing that was paid for is lost.',
  ),
  unauthorized: entry(EXIT.failed, 'Check the key or the password of the service, and its permissions.'),
  'request-refused': entry(EXIT.failed, 'The service refused a request as invalid; the message says why.'),
  'rate-limited': entry(
    EXIT.failed,
    'Run again later. To the embedding service, send less with --tokens-per-minute and --requests-per-minute; the limits of a store are raised there.',
  ),
  'service-unavailable': entry(EXIT.failed, 'Check that the service is running and can be reached, then run again.'),
  'response-invalid': entry(
    EXIT.failed,
    'Check the address: the server there gave an answer that the service would not give.',
  ),
  'capacity-exceeded': entry(
    EXIT.failed,
    'Free space in the store; if it is the embedded Qdrant, set QDRANT_HOST to a Qdrant server instead.',
  ),
  'deadline-exceeded': entry(EXIT.failed, 'The service did not recover in time; run again when it works.'),
  aborted: entry(EXIT.failed, 'Run the command again; it continues with what was saved.'),
  'disk-failed': entry(EXIT.failed, 'Check the free space and the permissions of the folder, then run again.'),
  'engine-failed': entry(
    EXIT.failed,
    'Run again; if it fails again, install @lockstep/embedded again, or use services of your own.',
  ),
  invariant: entry(EXIT.failed, 'This is a bug in the program; please report it with the message.'),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
