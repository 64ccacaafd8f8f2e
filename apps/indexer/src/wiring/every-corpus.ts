import { join, relative } from 'node:path';
import { ERROR_CATALOGUE, EXIT, IndexingError, type ExitCode } from '@lockstep/model';
import { refuseSharedName } from '../settings/corpora/refuse-shared-name.ts';
import { corpusFiles } from '../settings/workspace-corpora.ts';
import { printable } from '../terminal/printable.ts';
import { fitted } from '../terminal/fitted.ts';
import { asIndexingError, failureJson, failureText } from '../terminal/report-failure.ts';
import type { Finding } from '../outcome/finding.ts';
import type { CommandResult, CorpusOutcome } from '../outcome/command-result.ts';
import { everyText } from './every-text.ts';
import { openServices, type Services } from './open-services.ts';
import { textOf, type CommandContext } from './workspace-command.ts';

/**
 * The exit codes, the most severe first: nothing is known of a corpus whose command failed or never began; stores that
 * differ are wrong now; a command that was refused has changed nothing.
 */
const SEVERITY: readonly ExitCode[] = [EXIT.failed, EXIT.usage, EXIT.differ, EXIT.guarded, EXIT.rejected, EXIT.done];

/**
 * Runs a command for every corpus of the workspace, in the order of their names, with one set of services. A corpus that
 * fails does not keep the next from being tried; only an abort does. Prints the text of each corpus, and its failure, when
 * it ends; the result has a summary, or with `--json` everything, and the most severe exit code.
 *
 * Fails with `usage` for a workspace without a corpus.
 */
export async function everyCorpus(
  context: CommandContext,
  command: string,
  runOne: (path: string, services: Services, rejects: Finding[]) => Promise<CommandResult>,
): Promise<CommandResult> {
  const { root, flags, signal } = context;
  const prints = !flags.json && flags.format === 'text';
  const files = corpusFiles(root);
  if (files.length === 0) {
    const message = `--all: expected at least one corpus.json in ${printable(root)}, found none; \`indexer init FILE\` writes one.`;
    throw new IndexingError({ code: 'usage', message });
  }
  const logger = context.reporter.logger(`${command} --all`);
  const services = openServices({ ...context, logger });
  const outcomes: CorpusOutcome[] = [];
  try {
    for (const file of files) {
      if (signal.aborted) break;
      const { folder } = file;
      const corpus = file.name ?? folder;
      const outcome = await attempt(corpus, folder, async (rejects) => {
        refuseSharedName(file, files);
        return runOne(relative(process.cwd(), join(root, folder, 'corpus.json')), services, rejects);
      });
      if (prints && outcome.result !== undefined) process.stdout.write(`${textOf(outcome.result, flags)}\n\n`);
      outcomes.push(outcome);
    }
  } finally {
    await services.close();
  }
  const notTried = files.slice(outcomes.length).map(({ name, folder }) => name ?? folder);
  const exits = new Set(outcomes.map(({ exit }) => exit));
  const exit = notTried.length > 0 ? EXIT.failed : (SEVERITY.find((code) => exits.has(code)) ?? EXIT.failed);
  return {
    text: everyText(command, outcomes, notTried),
    json: { ok: exit === EXIT.done, corpora: outcomes.map(outcomeJson), notTried },
    exit,
    outcomes,
    notTried,
  };
}

/** Runs a command for one corpus. A failure is reported on stderr, and is its outcome. */
export async function attempt(
  corpus: string,
  folder: string,
  run: (rejects: Finding[]) => Promise<CommandResult>,
): Promise<CorpusOutcome> {
  const rejects: Finding[] = [];
  try {
    const result = await run(rejects);
    return { corpus: result.corpus ?? corpus, folder, exit: result.exit ?? EXIT.done, result, rejects };
  } catch (thrown) {
    const error = asIndexingError(thrown);
    process.stderr.write(`\n${fitted(`${printable(corpus)}: ${failureText(error)}`, process.stderr)}\n\n`);
    return { corpus, folder, exit: ERROR_CATALOGUE[error.code].exit, error, rejects };
  }
}

/** What the command prints with `--json` for one corpus, with the name of the corpus and the exit code. */
function outcomeJson({ corpus, folder, exit, result, error }: CorpusOutcome): object {
  return { corpus, folder, exit, ...(error === undefined ? (result?.json as object) : failureJson(error)) };
}
