import { deepStrictEqual, ok } from 'node:assert/strict';
import { STORES, type Dependency } from '@lockstep/model';
import type { Fault } from '@lockstep/testing-faults';
import type { EdgeReply, StartedEdge } from './start-edge.ts';

/** Chunks of one version: another one has other texts and other pages. */
const chunksOf = (version: number) => [
  { id: 'text', text: `A text of version ${version}.`, page_number: 1 },
  { id: 'page', text: 'A text that stays.', page_number: version },
  { id: `new-${version}`, text: `A chunk of version ${version} alone.` },
];

const SERVICES = ['openai', ...STORES] as const satisfies readonly Dependency[];

/** What is done with one request, and what becomes of it; each of its requests is hit by each of these. */
const LOST: Readonly<Record<string, Fault>> = {
  'loses a reply': { reset: true },
  'does not answer': { stall: 'before-headers' },
};

/** Each request is hit by one of these. */
const SPOILT: readonly Fault[] = [
  { status: 429, headers: { 'retry-after': '0' } },
  { status: 503 },
  { cut: 0.5 },
  { html200: true },
];

/** Each trial throws where the Worker does not do as it should. */
export async function edgeTrials(edge: StartedEdge): Promise<Record<string, () => Promise<void>>> {
  const { ask, services } = edge;
  const put = (corpus: string, version: number): Promise<EdgeReply> =>
    ask('/chunks', 'POST', { corpus, chunks: chunksOf(version) });
  const trials: Record<string, () => Promise<void>> = {
    async 'chunks are written, found, verified and deleted'() {
      const written = await put('whole', 1);
      // The collection has the vector of the text that stays by now.
      const texts = Number(written['embedded']) + Number(written['reused']);
      deepStrictEqual([written.status, written['written'], texts], [200, { qdrant: 3, neon: 3 }, 3]);
      const again = await put('whole', 1);
      deepStrictEqual([again.status, again['unchanged'], again['tokens']], [200, 3, 0]);
      const found = await ask(`/search?corpus=whole&limit=1&q=${encodeURIComponent('A text that stays.')}`);
      deepStrictEqual([found['dropped'], idsOf(found)], [0, ['page']]);
      const deleted = await ask('/chunks', 'DELETE', { corpus: 'whole', ids: ['text', 'page', 'new-1'] });
      deepStrictEqual([deleted.status, deleted['deleted']], [200, { qdrant: 3, neon: 3 }]);
      deepStrictEqual(await compared('whole'), 0);
    },

    async 'of edits at the same time each is done, or fails and is done when it is sent again'() {
      await put('at-once', 1);
      const replies = await Promise.all(
        [2, 3, 4].map(async (version) => [version, await put('at-once', version)] as const),
      );
      for (const [version, { status, error }] of replies) {
        if (status === 200) continue;
        deepStrictEqual([status, ['overtaken', 'stores-differ'].includes(codeOf(error))], [409, true]);
        deepStrictEqual((await put('at-once', version)).status, 200);
      }
      deepStrictEqual(await compared('at-once'), 2 + 4);
    },

    async 'a request without the token is refused, and asks no service'() {
      const before = SERVICES.map((service) => services[service].log.length);
      const response = await edge.send('/verify?corpus=whole', { headers: { authorization: 'Bearer another-token' } });
      deepStrictEqual(
        [response.status, codeOf(((await response.json()) as EdgeReply)['error'])],
        [401, 'not-authenticated'],
      );
      deepStrictEqual(
        SERVICES.map((service) => services[service].log.length),
        before,
      );
    },
  };

  /** How many requests a put takes of each service, so that each of them can be made to fail. */
  const counts = await requestsOfPut();
  for (const service of SERVICES) {
    trials[`${service} fails for good from each of its requests on`] = async () => {
      for (let from = 1; from <= counts[service]; from += 1) {
        await recovers(`down-${service}-${from}`, service, [{ from, fault: { status: 503 } }]);
      }
    };
    trials[`${service} answers 429 or 503, half of a reply or a page, at each of its requests`] = async () => {
      for (let nth = 1; nth <= counts[service]; nth += 1) {
        const fault = SPOILT[nth % SPOILT.length] as Fault;
        await recovers(`spoilt-${service}-${nth}`, service, [{ nth, fault }]);
      }
    };
    for (const [name, fault] of Object.entries(LOST)) {
      trials[`${service} ${name}, at each of its requests`] = async () => {
        for (let nth = 1; nth <= counts[service]; nth += 1) {
          const corpus = `${name.replaceAll(' ', '-')}-${service}-${nth}`;
          await recovers(corpus, service, [{ nth, fault, when: 'after' }]);
        }
      };
    }
  }
  return trials;

  /** A put over version 1 under these rules: it is in step, or its reply says what failed and the same put brings it in step. */
  async function recovers(
    corpus: string,
    service: Dependency,
    rules: Parameters<StartedEdge['services'][Dependency]['setRules']>[0],
  ): Promise<void> {
    deepStrictEqual((await put(corpus, 1)).status, 200);
    services[service].setRules(rules);
    const reply = await put(corpus, 2);
    services[service].setRules([]);
    if (reply.status !== 200) {
      ok(reply.status >= 500, `${corpus}: status ${reply.status}`);
      const { code, message, advice } = reply['error'] as Record<string, string>;
      ok(
        code !== undefined && code !== 'invariant' && message !== undefined && advice !== undefined,
        `${corpus}: ${code}: ${message}`,
      );
      ok(!/\bat .*\.ts|lockstep:lockstep/.test(JSON.stringify(reply)), `${corpus}: a stack or a secret`);
      const again = await put(corpus, 2);
      deepStrictEqual([corpus, again.status], [corpus, 200]);
    }
    deepStrictEqual([corpus, await compared(corpus)], [corpus, 4]);
    const found = await ask(`/search?corpus=${corpus}&limit=1&q=${encodeURIComponent('A text of version 2.')}`);
    deepStrictEqual([corpus, found['dropped'], idsOf(found)], [corpus, 0, ['text']]);
  }

  /** Chunks of a corpus, all of which both stores have the same. */
  async function compared(corpus: string): Promise<unknown> {
    const report = await ask(`/verify?corpus=${corpus}`);
    deepStrictEqual([corpus, report['differences']], [corpus, []]);
    return report['compared'];
  }

  async function requestsOfPut(): Promise<Record<Dependency, number>> {
    await put('counted', 1);
    const before = SERVICES.map((service) => services[service].log.length);
    await put('counted', 2);
    const [openai = 0, qdrant = 0, neon = 0] = SERVICES.map(
      (service, at) => services[service].log.length - (before[at] ?? 0),
    );
    return { openai, qdrant, neon };
  }
}

function idsOf({ results }: EdgeReply): string[] {
  return (results as readonly { readonly chunk_id: string }[]).map(({ chunk_id }) => chunk_id);
}

function codeOf(error: unknown): string {
  return (error as { readonly code: string }).code;
}
