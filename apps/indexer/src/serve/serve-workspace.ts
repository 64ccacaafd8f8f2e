import { randomBytes } from 'node:crypto';
import { pageHtml, pagePolicy, type PageAsset } from '@lockstep/report';
import { loadPage } from '../report/load-page.ts';
import type { Context } from '../wiring/resolve-context.ts';
import { createPlanner, doRun, limitedFlags, sourceOfCorpus } from './corpus-work.ts';
import { createServeRoutes } from './create-serve-routes.ts';
import { holdServices } from './hold-services.ts';
import { createPathHider } from './http/hide-paths.ts';
import { startLoopback } from './http/start-loopback.ts';
import { createReporter } from './create-reporter.ts';
import { readingWith } from './reading-with.ts';
import { createRunBoard } from './runs/run-board.ts';
import { createRunStarter } from './runs/run-starter.ts';
import { lookElsewhere, watchElsewhere } from './runs/watch-elsewhere.ts';
import { serveSettings } from './serve-settings.ts';

/** Random bytes of a token: nobody guesses 256 bits. */
const TOKEN_BYTES = 32;

/** A server of a workspace. */
export interface ServedWorkspace {
  /** With the token behind the `#`, which no browser sends or logs. */
  readonly url: string;
  readonly port: number;
  /** Ends when the signal of the context aborts: whether every run that was under way was done. */
  readonly ended: Promise<boolean>;
}

/** Serves the page of a workspace on loopback until the signal aborts. *Errors*: `port-taken`. */
export async function serveWorkspace(context: Context): Promise<ServedWorkspace> {
  const { flags, signal, reporter, stateDirectory } = context;
  const logger = reporter.logger('serve');
  const hide = createPathHider(context);
  const board = createRunBoard();
  const starter = createRunStarter({ context, board, hide });
  const held = holdServices(context, logger);
  const elsewhere = { stateDirectory, board, hide, isOwn: starter.isRunning };
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  let port = 0;
  const routes = createServeRoutes({
    token,
    port: () => port,
    page: servedPage(await loadPage()),
    allowWrites: flags['allow-writes'],
    readWith: readingWith(context, held),
    board,
    lookElsewhere: () => lookElsewhere(elsewhere),
    settings: () => serveSettings(context),
    report: createReporter(context, held, hide),
    plan: createPlanner(context, starter.isRunning),
    start(corpus, kind, request) {
      const source = sourceOfCorpus(context, corpus);
      const limited = { ...context, flags: limitedFlags(context, request) };
      return starter.start(corpus, kind, (watched) => doRun({ ...limited, ...watched }, source, kind));
    },
    stop: starter.stop,
    hide,
    ending: signal,
    logger,
  });
  const server = await startLoopback(routes.fetch, flags.port);
  port = server.port;
  void watchElsewhere(elsewhere, signal);

  async function end(): Promise<boolean> {
    await aborted(signal);
    const [isDone] = await Promise.all([starter.ended(), server.close()]);
    await held.close();
    return isDone;
  }

  return { url: `http://127.0.0.1:${port}/#token=${token}`, port, ended: end() };
}

/** The page without data, which it asks for; it may ask nobody else. */
function servedPage(asset: PageAsset): { readonly html: string; readonly policy: string } {
  const connect = "'self'";
  return {
    html: pageHtml(asset, null, { title: 'Lockstep', connect, live: {} }),
    policy: pagePolicy(asset, connect),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
