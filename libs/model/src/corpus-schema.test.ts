import { join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { CORPUS_DEFAULTS, CorpusConfigSchema } from './corpus-config.ts';

it('docs/corpus.schema.json is the schema that the program checks (vitest -u writes it)', async () => {
  const schema = toJsonSchema(CorpusConfigSchema, { errorMode: 'ignore' });
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 });
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '../../../docs/corpus.schema.json'));
});

type Field = Exclude<NonNullable<ReturnType<typeof toJsonSchema>['properties']>[string], boolean>;

/** What a field may be, in a few words. */
function valueOf({ anyOf, enum: values, items, maxItems, maximum, minimum, type }: Field): string {
  if (anyOf !== undefined) return anyOf.map((each) => valueOf(each as Field)).join(', or ');
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (items !== undefined) {
    const most = maxItems === undefined ? '' : ` of at most ${maxItems}`;
    return `a list${most}, each ${valueOf(items as Field)}`;
  }
  if (type === 'object') return 'an object';
  if (type === 'string') return 'a text';
  return `${type === 'integer' ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}`;
}

it('docs/corpus-json.md has every field of corpus.json (vitest --update writes it)', async () => {
  const { properties = {}, required = [] } = toJsonSchema(CorpusConfigSchema, { errorMode: 'ignore' });
  const rows = (fields: Readonly<Record<string, unknown>>, below = ''): string[] =>
    Object.entries(fields).flatMap(([name, field]) => {
      const { description, properties: inner = {} } = field as Field;
      if (description === undefined) return [];
      const known = (CORPUS_DEFAULTS as Readonly<Record<string, unknown>>)[name];
      const standard = required.includes(name) ? 'required' : known === undefined ? '' : `\`${JSON.stringify(known)}\``;
      const cells = [`\`${below}${name}\``, valueOf(field as Field), below === '' ? standard : '', description];
      return [`| ${cells.join(' | ')} |`, ...rows(inner, `${name}.`)];
    });
  const text = [
    '# corpus.json',
    'One file beside the chunks describes a corpus, and makes it a project of Nx. This page is written from',
    '`libs/model/src/corpus-config.ts`; flags of the command line win over the file. Editors complete the fields where',
    '`$schema` names [corpus.schema.json](corpus.schema.json).',
    '',
    '| field | value | default | what it is |',
    '| --- | --- | --- | --- |',
    ...rows(properties),
    '',
    'A path is keys joined by dots, such as `metadata.source`, or a JSON Pointer, such as `/metadata/source`.',
  ].join('\n');
  const page = await format(text, { parser: 'markdown', printWidth: 120 });
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../../docs/corpus-json.md'));
});
