import { expect, it } from 'vitest';
import { hideAddresses } from './hide-addresses.ts';

it('hosts of the configured services are replaced, whether their variable has a URL or a host', () => {
  const environment = {
    QDRANT_HOST: 'xyz.cloud.example:6333',
    NEON_POSTGRES_CONNECTION_STRING: 'postgresql://user:secret@ep-1.neon.example/neondb',
    OPENAI_BASE_URL: 'https://proxy.example/v1',
  };
  const text = 'xyz.cloud.example:6333 and ep-1.neon.example/neondb and https://proxy.example/v1 did not answer.';
  expect(hideAddresses(text, environment)).toBe('***:6333 and ***/neondb and https://***/v1 did not answer.');
  expect(hideAddresses(text, {})).toBe(text);
});
