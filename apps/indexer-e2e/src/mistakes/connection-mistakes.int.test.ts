import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { make } from './mistakes-workspace.ts';

/** A server that gives every request the same answer, and counts them. */
async function serve(status: number, type: string, body: string) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(String(request.url));
    request.resume();
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, paths, at: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const close = async (server: Server) => new Promise((done) => server.close(done));

let page: Awaited<ReturnType<typeof serve>>;
let noModel: Awaited<ReturnType<typeof serve>>;
let closed: string;

beforeAll(async () => {
  page = await serve(200, 'text/html; charset=utf-8', '<!doctype html><h1>Please log in</h1>');
  noModel = await serve(404, 'application/json', '{"error":{"code":"model_not_found","param":null,"message":"x"}}');
  const gone = await serve(200, 'text/plain', '');
  closed = gone.at;
  await close(gone.server);
});
afterAll(async () => {
  await close(page.server);
  await close(noModel.server);
});

/** Variables of services of the user's, at one address. */
const at = (scheme: 'http' | 'https', address: string, database = '') => ({
  OPENAI_BASE_URL: `${scheme}://${address}/v1`,
  OPENAI_API_KEY: 'sk-hidden',
  QDRANT_URL: `${scheme}://${address}`,
  NEON_POSTGRES_CONNECTION_STRING: `postgresql://user:hidden@${address}/database${database}`,
});

describe.concurrent('doctor', () => {
  it('says of each service that its address refuses the connection', async () => {
    await make({
      title: '',
      variables: at('http', closed),
      typed: ['doctor'],
      exit: 1,
      says: ['embedding', 'qdrant', 'postgres'].map(
        (service) =>
          new RegExp(`^FAIL ${service} .*cannot be reached at ${closed}: connection refused \\(ECONNREFUSED\\)`, 'm'),
      ),
      neverSays: ['hidden', '503', /^ok /m],
    });
  });

  it('says of each service that its host does not exist', async () => {
    await make({
      title: '',
      variables: { ...at('https', 'nowhere.invalid'), NEON_FETCH_ENDPOINT: 'https://nowhere.invalid/sql' },
      typed: ['doctor'],
      exit: 1,
      says: ['embedding', 'qdrant', 'postgres'].map(
        (service) =>
          new RegExp(
            `^FAIL ${service} .*cannot be reached at nowhere\\.invalid:443: (no such host|the name of the host)`,
            'm',
          ),
      ),
      neverSays: ['hidden', /^ok /m],
    });
  });

  it('says of each service that its server does not speak TLS', async () => {
    await make({
      title: '',
      variables: at('https', page.at, '?sslmode=require'),
      typed: ['doctor'],
      exit: 1,
      says: ['embedding', 'qdrant', 'postgres'].map(
        (service) => new RegExp(`^FAIL ${service} .* at ${page.at}: TLS: the server does not speak it`, 'm'),
      ),
      neverSays: ['hidden', /^ok /m],
    });
  });

  it('says of each service that a web page answers in its place', async () => {
    await make({
      title: '',
      variables: { ...at('http', page.at), NEON_FETCH_ENDPOINT: `http://${page.at}/sql` },
      typed: ['doctor'],
      exit: 1,
      says: ['embedding', 'qdrant', 'postgres'].map(
        (service) => new RegExp(`^FAIL ${service} .* at ${page.at} answered with a web page instead of JSON`, 'm'),
      ),
      neverSays: ['hidden', 'log in', /^ok /m],
    });
  });
});

describe('a run', () => {
  const embedded = { LOCKSTEP_VECTORS: 'embedded', LOCKSTEP_ROWS: 'embedded' };

  it('asks a server that answers with web pages four times, and then says so', async () => {
    const before = page.paths.length;
    await make({
      title: '',
      variables: { ...at('http', page.at), ...embedded, LOCKSTEP_EMBEDDER: 'cloud' },
      typed: ['run', 'docs', '--dimensions', '8'],
      exit: 1,
      says: ['response-invalid in embed', `at ${page.at} answered with a web page instead of JSON`, 'after 4 attempts'],
      neverSays: ['hidden', 'log in'],
    });
    expect(page.paths.slice(before)).toEqual(Array(4).fill('/v1/embeddings'));
  });

  it('with a model that the service does not have asks once, and says what to check', async () => {
    await make({
      title: '',
      variables: { ...at('http', noModel.at), ...embedded, LOCKSTEP_EMBEDDER: 'cloud' },
      typed: ['run', 'docs', '--model', 'text-embeding-3-small', '--dimensions', '8'],
      exit: 1,
      says: ['answered 404 (model_not_found)', 'the name of the model', '--model', 'OPENAI_BASE_URL', noModel.at],
      neverSays: ['hidden'],
    });
    expect(noModel.paths).toEqual(['/v1/embeddings']);
  });
});
