import { join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { CorpusConfigSchema } from './corpus-config.ts';

it('docs/corpus.schema.json is the schema that the program checks (vitest -u writes it)', async () => {
  const schema = toJsonSchema(CorpusConfigSchema, { errorMode: 'ignore' });
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 });
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '../../../docs/corpus.schema.json'));
});
