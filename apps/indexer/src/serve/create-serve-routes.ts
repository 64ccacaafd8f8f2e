import { Hono } from 'hono';
import { isIndexingError, type Logger } from '@lockstep/model';
import {
  createReadRoutes,
  fieldsOf,
  protectRoutes,
  readJsonBody,
  refusal,
  replyToFailures,
  type ReadWith,
} from '@lockstep/routes';
import { asIndexingError } from '../terminal/report-failure.ts';
import type { CommandResult } from '../outcome/command-result.ts';
import { withoutPaths } from './http/hide-paths.ts';
import { refuseForeign } from './http/refuse-foreign.ts';
import { secureReplies } from './http/secure-replies.ts';
import { streamRuns } from './http/stream-runs.ts';
import type { RunBoard } from './runs/run-board.ts';
import type { RunKind, RunRequest, RunView } from '@lockstep/report';

const KNOWN =
  'GET /, GET /api/settings, GET /api/report, GET /api/search, GET /api/verify, GET /api/events, GET /api/corpora/CORPUS/plan, ' +
  'and POST /api/corpora/CORPUS/run, /repair and /cancel';

/** Bodies hold a few numbers. */
const BODY_BYTES_MAX = 16_384;

/** What the routes of `serve` are made of. */
export interface ServeRoutesOptions {
  readonly token: string;
  readonly port: () => number;
  /** The page, and what it may load and run, as a Content-Security-Policy says it. */
  readonly page: { readonly html: string; readonly policy: string };
  readonly allowWrites: boolean;
  readonly readWith: ReadWith;
  readonly board: RunBoard;
  /** Looks for runs of other processes now. */
  readonly lookElsewhere: () => Promise<void>;
  /** Facts of this server for the page. */
  readonly settings: () => object;
  readonly report: () => Promise<object>;
  readonly plan: (corpus: string, kind: RunKind) => Promise<CommandResult>;
  readonly start: (corpus: string, kind: RunKind, request: RunRequest) => RunView;
  readonly stop: (corpus: string) => boolean;
  readonly hide: (text: string) => string;
  /** Aborts when the server ends. */
  readonly ending: AbortSignal;
  readonly logger: Logger;
}

/** The routes of `indexer serve`: the page, and what it asks. Those of `apps/edge` that read are the same below `/api`. */
export function createServeRoutes(options: ServeRoutesOptions): Hono {
  const { page, board, logger, hide } = options;
  const routes = new Hono();
  routes.use(secureReplies(page.policy));
  routes.use(refuseForeign(options.port));
  // It holds nothing but code, so that it needs no token; the token is behind the `#` of its address, which no browser sends.
  routes.get('/', (context) => context.html(page.html));
  // Browsers ask for it without being told.
  routes.get('/favicon.ico', (context) => context.body(null, 204));
  protectRoutes(routes, { token: options.token, bodyBytesMax: BODY_BYTES_MAX });
  routes.route('/api', createReadRoutes(options.readWith));
  routes.get('/api/settings', (context) => context.json({ ok: true, ...options.settings() }));
  routes.get('/api/report', async (context) => context.json(await options.report()));
  routes.get('/api/events', async (context) => {
    await options.lookElsewhere();
    return streamRuns(context, board, options.ending);
  });
  routes.get('/api/corpora/:corpus/plan', async ({ req, json }) => {
    const kind = req.query('for') ?? 'run';
    if (kind !== 'run' && kind !== 'repair') throw refusal('request-invalid', 'for: expected run or repair');
    const { json: planned, text } = await options.plan(req.param('corpus'), kind);
    return json({ ...(planned as object), ok: true, text: hide(text) });
  });
  for (const kind of ['run', 'repair'] as const) {
    routes.post(`/api/corpora/:corpus/${kind}`, async ({ req, json }) => {
      refuseWrites(options.allowWrites);
      const request = readRunRequest(await readJsonBody(req.raw));
      return json({ ok: true, run: options.start(req.param('corpus'), kind, request) }, 202);
    });
  }
  routes.post('/api/corpora/:corpus/cancel', ({ req, json }) => {
    refuseWrites(options.allowWrites);
    return json({ ok: true, stopping: options.stop(req.param('corpus')) });
  });
  replyToFailures(routes, {
    known: KNOWN,
    logger,
    shown: (error) => (isOurs(error) ? withoutPaths(asIndexingError(error), hide) : error),
  });
  return routes;
}

/** Whether a failure is one of ours, or of the disk; of any other nothing is told. */
function isOurs(error: unknown): boolean {
  return isIndexingError(error) || asIndexingError(error).code === 'disk-failed';
}

function refuseWrites(allowWrites: boolean): void {
  if (!allowWrites)
    throw refusal('writes-not-allowed', 'This server only reads; it was started without --allow-writes');
}

function readRunRequest(body: unknown): RunRequest {
  const { maxCost, pay = false } = fieldsOf(body, ['maxCost', 'pay']);
  const isCost = maxCost === undefined || (typeof maxCost === 'number' && Number.isFinite(maxCost) && maxCost >= 0);
  if (!isCost) throw refusal('request-invalid', 'maxCost: expected US dollars, 0 or more');
  if (typeof pay !== 'boolean') throw refusal('request-invalid', 'pay: expected true or false');
  return { maxCost: maxCost as number | undefined, pay };
}
