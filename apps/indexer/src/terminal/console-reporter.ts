import type { LogFields, Logger } from '@lockstep/model';
import { createConsoleLogger, type Volume } from './console-logger.ts';
import { isUtf8 } from './is-utf8.ts';
import { createLiveRegion, type RegionStream } from './live-region.ts';
import type { Reporter } from './reporter.ts';
import { createTroubles, stepLine, type RunningStep } from './running-step.ts';

/** Nothing is shown for a step that ends sooner. */
const QUIET_MS = 1000;
/** Between two drawings of the region, and between two lines where there is no terminal. */
const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;

/** For a line that stays. */
const NO_BAR = { full: '', empty: '' } as const;

/** Warnings of one kind that a step prints; more are counted. */
const SAME_WARNINGS_MAX = 5;

/** Events that say what the result of their step says too; they are told if the step fails, or with `--verbose`. */
const RESULTS = new Set([
  'corpus-dropped',
  'corpus-embedded',
  'corpus-renamed',
  'corpus-validated',
  'corpus-verified',
  'embeddings-recovered',
  'slice-adopted',
  'store-compared',
  'store-loaded',
  'stores-provisioned',
]);

/** Events that the result of a command says too, and the error of a validate that fails; a result for a program says them by number. */
const REJECTS = new Set(['record-rejected', 'more-records-rejected']);

/** The stream of messages, with what a terminal has. */
export type MessageStream = RegionStream & {
  readonly isTTY?: boolean | undefined;
  on?(event: 'resize', listener: () => void): unknown;
};

export interface ConsoleReporterOptions {
  readonly volume: Volume;
  /** Whether the result is printed for a program and not for people. @default false */
  readonly forPrograms?: boolean | undefined;
  /** @default process.stderr */
  readonly stream?: MessageStream | undefined;
  /** @default one that writes to stderr */
  readonly createLogger?: ((prefix: string) => Logger) | undefined;
  readonly now?: (() => number) | undefined;
}

/**
 * Tells people, on stderr: a line for each event, and a region at the end of the terminal with a line for each step that is running,
 * which is taken off before any other line and put back after it. Where there is no terminal, it is `dumb`, or Nx runs the command as a task, a line every ten seconds
 * says how far each step is. With `quiet`, warnings alone.
 */
export function createConsoleReporter({ volume, forPrograms = false, ...options }: ConsoleReporterOptions): Reporter {
  const { stream = process.stderr as MessageStream, now = Date.now } = options;
  const createLogger = options.createLogger ?? ((prefix) => createConsoleLogger({ volume, prefix }));
  // Nx gives its tasks a terminal whose output it shows later, or beside that of other tasks.
  const isTask = process.env['NX_TASK_TARGET_PROJECT'] !== undefined;
  const isLive = stream.isTTY === true && process.env['TERM'] !== 'dumb' && !isTask;
  const signs = isUtf8() ? { full: '█', empty: '░' } : { full: '#', empty: '-' };
  const steps = new Set<RunningStep>();
  /** By corpus. */
  const held = new Map<string, { readonly event: string; readonly tell: () => void }[]>();
  const troubles = createTroubles();
  let timer: ReturnType<typeof setInterval> | undefined;
  let isHeard = false;

  const region = createLiveRegion(stream, (columns) => {
    const at = now();
    const shown = [...steps].filter(({ startedAt }) => at - startedAt >= QUIET_MS);
    return [
      ...shown.map((step) => stepLine(step, at, columns, signs)),
      ...(shown.length === 0 ? [] : troubles.lines(columns)),
    ];
  });

  function begin(step: RunningStep): void {
    steps.add(step);
    if (!isLive || timer !== undefined) return;
    // Time passes where nothing else does. A program that has nothing else to wait for may end.
    timer = setInterval(() => region.draw(), DRAW_EVERY_MS);
    timer.unref();
    if (isHeard) return;
    isHeard = true;
    stream.on?.('resize', () => region.draw());
    process.once('exit', () => region.clear());
  }

  function end(step: RunningStep): void {
    steps.delete(step);
    region.clear();
    if (steps.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  /** Writes something on a line of its own. */
  function beside(write: () => void): void {
    region.clear();
    write();
    if (isLive) region.draw();
  }

  function loggerOf(prefix: string, corpus: string, note?: (event: string, fields?: LogFields) => void): Logger {
    const out = createLogger(prefix);
    const at =
      (level: 'debug' | 'info' | 'warn'): Logger['info'] =>
      (event, fields) => {
        troubles.note(event, fields);
        note?.(event, fields);
        if (level === 'debug' && volume !== 'verbose') return;
        const tell = () => beside(() => out[level](event, fields));
        const isSaid = RESULTS.has(event) || (REJECTS.has(event) && !forPrograms);
        if (isSaid && volume !== 'verbose') held.set(corpus, [...(held.get(corpus) ?? []), { event, tell }]);
        else tell();
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn') };
  }

  return {
    logger: (scope) => loggerOf(scope, scope),
    step(corpus, name, price) {
      const label = `${corpus} ${name}`;
      const step: RunningStep = { label, startedAt: now(), done: 0, total: undefined, price, tokens: 0 };
      const same = new Map<string, number>();
      let toldAt = step.startedAt;
      const logger = loggerOf(label, corpus, (event, fields) => {
        if (event === 'batch-embedded') step.tokens += Number(fields?.['tokens'] ?? 0);
      });
      if (volume !== 'quiet') begin(step);
      return {
        logger: {
          ...logger,
          warn(event, fields) {
            const count = (same.get(event) ?? 0) + 1;
            same.set(event, count);
            if (count <= SAME_WARNINGS_MAX || volume === 'verbose') logger.warn(event, fields);
          },
        },
        onProgress(done, total) {
          step.done = done;
          step.total = total;
          if (isLive || volume === 'quiet' || now() - toldAt < LINE_EVERY_MS) return;
          toldAt = now();
          stream.write(`${stepLine(step, toldAt, Infinity, NO_BAR)}\n`);
        },
        end(ok) {
          end(step);
          for (const [event, count] of same) {
            const more = count - SAME_WARNINGS_MAX;
            if (more > 0 && volume !== 'verbose') logger.warn(`more-${event}`, { count: more });
          }
          if (ok) return;
          for (const { event, tell } of held.get(corpus) ?? []) if (name !== 'validate' || !REJECTS.has(event)) tell();
          held.delete(corpus);
        },
      };
    },
  };
}
