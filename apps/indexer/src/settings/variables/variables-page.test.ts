import { join } from 'node:path';
import { SERVICE_VARIABLES } from '@lockstep/model/service-variables';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { wrapWords } from '../../terminal/fitted.ts';
import { FLAG_NAMES, FLAGS, type Flag } from '../flags.ts';

const ROOT = join(import.meta.dirname, '../../../../..');

/** Flags that have a variable. */
const flags = FLAG_NAMES.flatMap((name) => {
  const { variable, help, check, valueHint = name }: Flag = FLAGS[name];
  return variable === undefined ? [] : [{ name, variable, help, value: check === undefined ? '0|1' : valueHint }];
});

/** What the program and its libraries read besides, from the variables of the process alone. */
const OTHERS = {
  DATABASE_URL:
    'A Postgres, from `.env` too: taken where a Qdrant is named, `NEON_POSTGRES_CONNECTION_STRING` is not set, and neither `LOCKSTEP_PROFILE`, `LOCKSTEP_ROWS` nor `--rows` says where the rows are. This is told.',
  POSTGRES_URL: 'As `DATABASE_URL`, where that is not set. Two that differ are an error.',
  FORCE_COLOR: 'Colour and marks also where there is no terminal; `0` and `false`: none.',
  NO_COLOR: 'No colour and no marks, where it is set and `FORCE_COLOR` is not.',
  TERM: '`dumb`: no colour, no lines that change. `linux`: no characters outside ASCII.',
  'LC_ALL, LC_CTYPE, LANG':
    'Characters outside ASCII, such as those of bars and marks, where the first that is set names UTF-8.',
  'TERM_PROGRAM, WT_SESSION': 'On Windows, whether the terminal shows characters outside ASCII.',
  GITHUB_WORKSPACE:
    'With `--format github`, the folder that files in annotations are relative to; without it the root of the workspace.',
  NX_TASK_TARGET_PROJECT:
    'Set by Nx for its tasks: progress in plain lines, and no look for other corpora of the name that the project has.',
  'TRACEPARENT, TRACESTATE, BAGGAGE':
    'The trace that a command goes on with, where OpenTelemetry is set up: [telemetry.md](telemetry.md).',
  LOCKSTEP_TRACEPARENT: 'Set by the Nx plugin for its tasks: the trace of one invocation of Nx. `TRACEPARENT` wins.',
  'PGPORT, PGPASSWORD, PGSSLMODE, PGSSLNEGOTIATION, PGAPPNAME, PGOPTIONS, PGCLIENT_ENCODING':
    'As for psql, what the connection string of a Postgres server other than Neon leaves out.',
  'NODE_USE_ENV_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY':
    'With `NODE_USE_ENV_PROXY=1`, Node sends the requests to the embedding service, to Neon and to addresses of inputs through the proxy. Qdrant, and a Postgres server other than Neon, are reached without it.',
  NODE_EXTRA_CA_CERTS: 'A file of more certificates to trust, as Node reads it.',
};

it('docs/variables.md has every variable of ours (vitest --update writes it)', async () => {
  const rows = (entries: readonly (readonly string[])[]): string[] =>
    entries.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  const code = (names: string): string => names.replaceAll(/\w+/g, '`$&`');
  const text = [
    '# Variables',
    'All are optional: with none of them, embedded services are used and nothing is paid. The variables of the process win over',
    'those of `.env` at the root of the workspace, and an empty one counts as not set. In `.env`, a misspelt name is an error.',
    'This page and [.env.example](../.env.example) are written from `libs/model/src/environment/service-variables.ts` and',
    '`apps/indexer/src/settings/flags.ts`.',
    '',
    '## Your services',
    '| variable | what it is |',
    '| --- | --- |',
    ...rows(Object.entries(SERVICE_VARIABLES).map(([name, meaning]) => [code(name), meaning])),
    '',
    'No http or https address may hold a user or a password, and no redirect is followed.',
    '',
    '## In the place of a flag',
    'What is typed wins over the variable.',
    '',
    '| variable | value | flag | what it is |',
    '| --- | --- | --- | --- |',
    ...rows(flags.map(({ name, variable, help, value }) => [code(variable), `\`${value}\``, `\`--${name}\``, help])),
    '',
    '## Of other programs',
    '| variable | what it does |',
    '| --- | --- |',
    ...rows(Object.entries(OTHERS).map(([names, meaning]) => [code(names), meaning])),
  ].join('\n');
  const page = await format(text, { parser: 'markdown', printWidth: 120 });
  await expect(page).toMatchFileSnapshot(join(ROOT, 'docs/variables.md'));
});

it('.env.example has every variable of ours, empty (vitest --update writes it)', async () => {
  const entry = (name: string, meaning: string): string =>
    [...wrapWords(meaning, 122).map((line) => `# ${line}`), `${name}=`].join('\n');
  const text = [
    ...wrapWords(
      "Copy to .env at the root of the workspace. The process's own variables win over this file. Everything is optional: with none of it set, embedded services are used and nothing is paid. More: docs/variables.md.",
      122,
    ).map((line) => `# ${line}`),
    '',
    ...Object.entries(SERVICE_VARIABLES).map(([name, meaning]) => entry(name, meaning)),
    '',
    '# In the place of flags: 1 for one that is on.',
    ...flags.map(({ name, variable, help, value }) => entry(variable, `--${name}, ${value}. ${help}.`)),
    '',
    entry(
      'LOCKSTEP_TEST_POSTGRES_URL',
      "For `npm test` only: a Postgres server (15 or newer) that the integration suites use as well. Where QDRANT_URL is set in the process's own variables, they use that Qdrant too: they create and delete collections there.",
    ),
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot(join(ROOT, '.env.example'));
});
