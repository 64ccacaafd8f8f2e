import { IndexingError, type Logger } from '@lockstep/model';
import { asIndexingError } from '../../terminal/report-failure.ts';
import type { Reporter } from '../../terminal/reporter.ts';
import { costOf } from '../../settings/embedding-price.ts';
import type { RunKind, RunNote, RunState, RunView, StageView } from '@lockstep/report';

/** Warnings that a view has. */
const NOTES_MAX = 20;

/** Events that are told although they are no warnings: somebody would wonder why nothing happens. */
const TOLD = new Set(['embedded-postgres-awaited', 'inputs-possibly-paid']);

/** What a run came to. */
export interface RunEnd {
  readonly ok: boolean;
  readonly text: string;
}

/** A run of this server, from its beginning to its end. */
export interface OwnRun {
  readonly id: string;
  readonly corpus: string;
  readonly signal: AbortSignal;
  /** Tells the terminal what it told before, and the page too. */
  readonly reporter: Reporter;
  view(): RunView;
  /** Ends it, as Ctrl+C ends a command. */
  stop(): void;
  /** Does the work, and enters its end. Never rejects. */
  carryOut(work: () => Promise<RunEnd>): Promise<void>;
}

export interface OwnRunOptions {
  readonly id: string;
  readonly corpus: string;
  readonly kind: RunKind;
  /** Ends it with the server. */
  readonly signal: AbortSignal;
  readonly terminal: Reporter;
  readonly hide: (text: string) => string;
  readonly onChange: () => void;
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** A run that is about to begin. */
export function createOwnRun({ id, corpus, kind, signal, terminal, hide, onChange }: OwnRunOptions): OwnRun {
  const stopping = new AbortController();
  const startedAt = now();
  const stages: Mutable<StageView>[] = [];
  const notes: RunNote[] = [];
  let state: RunState = 'running';
  let finishedAt: string | null = null;
  let text: string | null = null;
  let error: RunView['error'] = null;

  function note(stage: RunNote['stage'], event: string, fields: RunNote['fields']): void {
    const shown = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? hide(value) : value,
    ]);
    notes.push({ at: now(), stage, event, fields: Object.fromEntries(shown) as RunNote['fields'] });
    if (notes.length > NOTES_MAX) notes.shift();
    onChange();
  }

  function tellingBoth(
    logger: Logger,
    stage: RunNote['stage'],
    heard?: (event: string, fields: object) => void,
  ): Logger {
    const at =
      (level: keyof Logger): Logger['info'] =>
      (event, fields = {}) => {
        logger[level](event, fields);
        heard?.(event, fields);
        if (level === 'warn' || TOLD.has(event)) note(stage, event, fields);
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn') };
  }

  const reporter: Reporter = {
    logger: (scope) => tellingBoth(terminal.logger(scope), null),
    step(scope, stage, price) {
      const told = terminal.step(scope, stage, price);
      const view: Mutable<StageView> = {
        ...{ stage, state: 'running', startedAt: now(), finishedAt: null },
        ...{ done: 0, total: null, tokens: 0, dollars: price === undefined ? null : 0 },
      };
      stages.push(view);
      onChange();
      return {
        logger: tellingBoth(told.logger, stage, (event, fields) => {
          if (event !== 'batch-embedded') return;
          view.tokens += Number((fields as { readonly tokens?: unknown }).tokens ?? 0);
          view.dollars = price === undefined ? null : costOf(view.tokens, price);
        }),
        onProgress(done, total) {
          told.onProgress?.(done, total);
          view.done = done;
          view.total = total ?? null;
          onChange();
        },
        end(ok) {
          told.end?.(ok);
          view.state = ok ? 'done' : 'failed';
          view.finishedAt = now();
          onChange();
        },
      };
    },
  };

  return {
    id,
    corpus,
    reporter,
    signal: AbortSignal.any([signal, stopping.signal]),
    view: () => ({
      ...{ id, corpus, kind, origin: 'here', state, startedAt, finishedAt, error, text },
      stages: stages.map((stage) => ({ ...stage })),
      notes: [...notes],
    }),
    stop() {
      if (state !== 'running') return;
      state = 'stopping';
      stopping.abort(new IndexingError({ code: 'aborted', message: 'Stopped. What was embedded is saved.' }));
      onChange();
    },
    async carryOut(work) {
      try {
        const end = await work();
        text = hide(end.text);
        state = end.ok ? 'done' : 'differs';
      } catch (thrown) {
        const { code, stage, message, advice } = asIndexingError(thrown);
        error = { code, stage: stage ?? null, message: hide(message), advice };
        state = 'failed';
        terminal.logger(corpus).warn('run-failed', { code, error: message });
      }
      finishedAt = now();
      onChange();
    },
  };
}

function now(): string {
  return new Date().toISOString();
}
