import { spawn } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QdrantClient } from '@qdrant/js-client-rest';
import { describe, expect, it } from 'vitest';
import { startEmbeddedQdrant } from './start-embedded-qdrant.ts';

const temporary = () => mkdtempDisposable(join(tmpdir(), 'qdrant-serve-'));

describe('the embedded server', () => {
  it('the server listens on a free port of 127.0.0.1', async () => {
    await using directory = await temporary();
    const server = await startEmbeddedQdrant({ directory: directory.path });
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(server.url)).status).toBe(200);
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
  });

  it('close ends open connections, and a second close does nothing', async () => {
    await using directory = await temporary();
    const server = await startEmbeddedQdrant({ directory: directory.path });
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => {
      request(`${server.url}/`, { agent }, (response) => response.resume().once('end', resolve)).end();
    });
    const busy = connect(Number(new URL(server.url).port), '127.0.0.1');
    busy.on('error', () => {});
    busy.write('PUT /collections/c HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
    await new Promise((resolve) =>
      busy.write('content-length: 9\r\nexpect: 100-continue\r\n\r\n{', () => busy.once('data', resolve)),
    );
    const ended = [idle, busy].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all([server.close(), ...ended]);
    await server.close();
    agent.destroy();
  });

  it('the server keeps no process alive, even with an open connection', async () => {
    await using directory = await temporary();
    const module = JSON.stringify(new URL('./start-embedded-qdrant.ts', import.meta.url).href);
    const code = `
      import { startEmbeddedQdrant } from ${module};
      import { connect } from 'node:net';
      const { url } = await startEmbeddedQdrant({ directory: process.argv[1] });
      const open = connect(Number(new URL(url).port), '127.0.0.1');
      await new Promise((resolve) => open.once('connect', resolve));
      console.log(await (await fetch(url + '/collections')).text());
      open.unref();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code, directory.path]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect([exitCode, output]).toEqual([0, expect.stringContaining('"collections":[]')]);
  });

  it('requests with another host name, which a web page could send, are refused', async () => {
    await using directory = await temporary();
    const server = await startEmbeddedQdrant({ directory: directory.path });
    const status = await new Promise((resolve) => {
      const headers = { host: 'attacker.example' };
      request(`${server.url}/collections`, { headers }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(403);
    await server.close();
  });

  it('a method that the Request class does not accept is refused with 501', async () => {
    await using directory = await temporary();
    const server = await startEmbeddedQdrant({ directory: directory.path });
    const status = await new Promise((resolve) => {
      request(`${server.url}/`, { method: 'TRACE' }, (response) => resolve(response.resume().statusCode)).end();
    });
    expect(status).toBe(501);
    await server.close();
  });

  it('a body above 32 MiB is refused with the text of a real Qdrant, which the client can read', async () => {
    await using directory = await temporary();
    const server = await startEmbeddedQdrant({ directory: directory.path });
    const client = new QdrantClient({ url: server.url, checkCompatibility: false });
    await client.createCollection('c', { vectors: { size: 2, distance: 'Cosine' } });
    const points = [{ id: 1, vector: [1, 0], payload: { text: 'x'.repeat(33 * 2 ** 20) } }];
    await expect(client.upsert('c', { wait: true, points })).rejects.toMatchObject({
      status: 400,
      data: {
        status: { error: expect.stringMatching(/^Payload error: JSON payload \(\d+ bytes\) is larger than allowed/) },
      },
    });
    expect(await client.count('c')).toEqual({ count: 0 });
    await server.close();
  });

  it('a body above the limit without a content-length is refused, and later requests are answered', async () => {
    await using directory = await temporary();
    const server = await startEmbeddedQdrant({ directory: directory.path, bodyBytesMax: 100_000 });
    const body = new ReadableStream({
      start(controller) {
        for (let chunk = 0; chunk < 100; chunk += 1) controller.enqueue(new Uint8Array(10_000).fill(0x20));
        controller.close();
      },
    });
    const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body, duplex: 'half' };
    const response = await fetch(`${server.url}/collections/c`, init as RequestInit);
    expect([response.status, await response.json()]).toEqual([
      400,
      { status: { error: 'Payload error: JSON payload has exceeded limit (100000 bytes).' }, time: 0 },
    ]);
    expect((await fetch(`${server.url}/collections`)).status).toBe(200);
    await server.close();
  });
});
