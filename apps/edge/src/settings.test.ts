import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEdge } from './open-edge.ts';
import { readSettings, type Bindings } from './settings.ts';

const WHOLE: Bindings = {
  LOCKSTEP_TOKEN: 'a-token-of-this-test',
  OPENAI_API_KEY: 'openai-secret',
  QDRANT_HOST: 'https://qdrant.example.com:6333',
  QDRANT_API_KEY: 'qdrant-secret',
  NEON_POSTGRES_CONNECTION_STRING: 'postgresql://user:neon-secret@ep-one.example.com/db',
};

/** What an opening of the Worker fails with. */
function failureOf(bindings: Bindings): { readonly code: string; readonly message: string } {
  try {
    openEdge(bindings);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('nothing failed');
}

describe('readSettings', () => {
  it('takes addresses and secrets alone, and leaves bindings of others alone', () => {
    expect(readSettings({ ...WHOLE, MY_BUCKET: {}, LOCKSTEP_CORPUS: '' })).toMatchObject({
      token: 'a-token-of-this-test',
      corpus: undefined,
      payload: [],
      origins: [],
      addresses: { vectors: { url: 'https://qdrant.example.com:6333' } },
    });
  });

  it('reads lists and numbers', () => {
    const more = {
      LOCKSTEP_PAYLOAD: 'page_number, loc.lines.from',
      LOCKSTEP_ORIGINS: 'https://a.example.com,https://b.example.com',
      LOCKSTEP_DIMENSIONS: '256',
      LOCKSTEP_DEADLINE_SECONDS: '5',
    };
    expect(readSettings({ ...WHOLE, ...more })).toMatchObject({
      payload: ['page_number', 'loc.lines.from'],
      origins: ['https://a.example.com', 'https://b.example.com'],
      addresses: { embedder: { dimensions: 256 }, deadlineMs: 5000 },
    });
  });

  it('needs no key for a server that is not the one of OpenAI', () => {
    const { OPENAI_API_KEY: _key, ...others } = WHOLE;
    const settings = readSettings({ ...others, OPENAI_BASE_URL: 'https://models.example.com/v1' });
    expect(settings.addresses.embedder.apiKey).toBe('none');
  });

  it.each<[binding: string, change: Bindings, expected: string]>([
    ['LOCKSTEP_TOKEN', { LOCKSTEP_TOKEN: undefined }, 'expected the token that requests must carry'],
    ['LOCKSTEP_TOKEN', { LOCKSTEP_TOKEN: 'short-secret' }, 'at least 16 characters'],
    ['LOCKSTEP_TOKEN', { LOCKSTEP_TOKEN: 'a secret with spaces in it' }, 'expected letters'],
    ['OPENAI_API_KEY', { OPENAI_API_KEY: '' }, 'expected your OpenAI key'],
    ['OPENAI_API_KEY', { OPENAI_API_KEY: 'a secret' }, 'visible ASCII'],
    ['QDRANT_HOST', { QDRANT_HOST: undefined }, 'expected the address of your Qdrant'],
    ['QDRANT_HOST', { QDRANT_HOST: 'qdrant-secret:6333' }, 'an http or https URL'],
    ['QDRANT_HOST', { QDRANT_HOST: 'http://qdrant.example.com' }, 'https'],
    ['NEON_POSTGRES_CONNECTION_STRING', { NEON_POSTGRES_CONNECTION_STRING: 'neon-secret' }, 'postgresql://user'],
    ['NEON_FETCH_ENDPOINT', { NEON_FETCH_ENDPOINT: 'http://proxy.example.com/sql' }, 'https'],
    ['LOCKSTEP_DIMENSIONS', { LOCKSTEP_DIMENSIONS: '12.5' }, 'a whole number'],
    ['LOCKSTEP_DIMENSIONS', { LOCKSTEP_MODEL: 'unknown' }, 'a number'],
    ['LOCKSTEP_CORPUS', { LOCKSTEP_CORPUS: 'My Notes' }, 'expected 1 to 64'],
    ['LOCKSTEP_PAYLOAD', { LOCKSTEP_PAYLOAD: 'page number' }, 'expected a field name'],
    ['LOCKSTEP_ORIGINS', { LOCKSTEP_ORIGINS: '*' }, 'expected origins'],
    ['LOCKSTEP_CORPUS', { LOCKSTEP_CORPUS: 7 }, 'expected'],
    ['LOCKSTEP_CORPUSS', { LOCKSTEP_CORPUSS: 'notes' }, 'LOCKSTEP_CORPUS'],
    ['QDRANT_HOTS', { QDRANT_HOTS: 'https://qdrant.example.com' }, 'QDRANT_HOST'],
  ])('names the binding that is wrong or unknown, and shows no value: %s %j', (binding, change, expected) => {
    const { code, message } = failureOf({ ...WHOLE, ...change });
    expect(code).toBe('environment-invalid');
    expect(message).toMatch(new RegExp(`^${binding}(\\.\\d)?: `));
    expect(message).toContain(expected);
    expect(message).not.toMatch(/-secret|a secret with|a secret'/);
  });

  it('knows every variable of wrangler.jsonc, which is deployed as it is', () => {
    const text = readFileSync(join(import.meta.dirname, '../wrangler.jsonc'), 'utf8');
    const { vars, main } = JSON.parse(text.replaceAll(/^ *\/\/.*$/gm, '').replaceAll(/,(\s*\})/g, '$1')) as {
      vars: Bindings;
      main: string;
    };
    expect(Object.keys(vars).length).toBeGreaterThan(5);
    expect(readSettings({ ...vars, ...WHOLE }).corpus).toBeUndefined();
    expect(main).toBe('src/index.ts');
  });
});
