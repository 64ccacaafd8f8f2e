import type { Difference, VerifyReceipt } from '@lockstep/pipeline';
import { hideAddresses } from '../markdown/hide-addresses.ts';
import { withoutControls } from '../terminal/printable.ts';
import { differenceText } from '../text/verify-text.ts';
import type { CorpusOutcome } from '../outcome/command-result.ts';
import type { ToldResult } from '../outcome/told-result.ts';

/** What was checked of a corpus, and how it ended. */
interface Case {
  readonly name: string;
  /** @default passed */
  readonly outcome?: 'failure' | 'error' | 'skipped';
  readonly type?: string;
  readonly message?: string;
  readonly lines?: readonly string[];
}

/**
 * A verification as JUnit's XML, which GitLab, Jenkins and others read: a suite for each corpus, a case for each thing that was
 * compared.
 *
 * *Source*: the schema of Jenkins, fixtures/junit/jenkins-junit.xsd.
 */
export function junitReport({ outcomes, notTried, context }: ToldResult): string {
  const suites = [
    ...outcomes.map((outcome) => suiteOf(outcome, (text) => hideAddresses(text, context.environment))),
    ...notTried.map((corpus): Suite => ({
      corpus,
      cases: [{ name: 'verify', outcome: 'skipped', message: 'not tried' }],
    })),
  ];
  const all = suites.flatMap(({ cases }) => cases);
  const counts = { tests: all.length, failures: count(all, 'failure'), errors: count(all, 'error') };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', { name: 'lockstep verify', ...counts }, suites.map(suiteElement)),
  ].join('\n');
}

interface Suite {
  readonly corpus: string;
  readonly cases: readonly Case[];
  readonly receipt?: VerifyReceipt | undefined;
}

function suiteOf({ corpus, error, result }: CorpusOutcome, hide: (text: string) => string): Suite {
  const receipt = result?.verified;
  if (receipt !== undefined) return { corpus, cases: casesOf(receipt), receipt };
  const { code = 'invariant', message = '', advice = '' } = error ?? {};
  return { corpus, cases: [{ name: 'verify', outcome: 'error', type: code, message: hide(message), lines: [advice] }] };
}

function casesOf(receipt: VerifyReceipt): Case[] {
  const { inputNow, counts, sides, differences, differencesCount, overtakenBy, level } = receipt;
  const rest = differencesCount - differences.length;
  const compared = (store: Difference['store'], name: string): Case => {
    if (store !== 'cache' && counts[store] === null) return { name, outcome: 'skipped', message: 'not compared' };
    if (sides[store] === 0) return { name };
    return {
      name,
      outcome: 'failure',
      type: 'stores-differ',
      message: `${sides[store]} of ${counts.input} chunks wrong${overtakenBy === null ? '' : `; run ${overtakenBy} has taken over the corpus`}`,
      lines: [
        ...differences.filter((difference) => difference.store === store).map((each) => differenceText(each).trim()),
        ...(rest > 0 ? [`${rest} more differences of all sides; verify.json lists all`] : []),
      ],
    };
  };
  const input = 'the input is as validate read it';
  return [
    ...(inputNow === undefined
      ? []
      : [
          inputNow === 'changed'
            ? { name: input, outcome: 'failure' as const, type: 'input-changed', message: 'it has changed since' }
            : inputNow === 'not-compared'
              ? { name: input, outcome: 'skipped' as const, message: 'not read again' }
              : { name: input },
        ]),
    compared('cache', 'the cache has the vector of every chunk'),
    compared('qdrant', `Qdrant holds the chunks (${level})`),
    compared('neon', `Postgres holds the chunks (${level})`),
  ];
}

function count(cases: readonly Case[], outcome: Case['outcome']): number {
  return cases.filter((each) => each.outcome === outcome).length;
}

function suiteElement({ corpus, cases, receipt }: Suite): string {
  const attributes = {
    name: corpus,
    tests: cases.length,
    failures: count(cases, 'failure'),
    errors: count(cases, 'error'),
    skipped: count(cases, 'skipped'),
    ...(receipt === undefined
      ? {}
      : { time: (receipt.durationMs / 1000).toFixed(3), timestamp: receipt.startedAt.slice(0, 19) }),
  };
  return element(
    'testsuite',
    attributes,
    cases.map(({ name, outcome, type = '', message = '', lines = [] }) => {
      const classname = `lockstep.${corpus.replaceAll('.', '_')}`;
      const content =
        outcome === undefined
          ? []
          : outcome === 'skipped'
            ? [element('skipped', {}, [escaped(message)])]
            : [element(outcome, { type, message }, [escaped([message, ...lines].join('\n'))])];
      return element('testcase', { name, classname }, content);
    }),
  );
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[],
): string {
  const set = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return content.length === 0 ? `<${name}${set.join('')}/>` : `<${name}${set.join('')}>${content.join('\n')}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * A text in XML 1.0, which has no place for most control characters, for lone surrogates and for two more.
 * *Source*: https://www.w3.org/TR/xml/#charsets, 2008.
 */
function escaped(text: string): string {
  const lines = text
    .toWellFormed()
    .replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .split('\n');
  return lines
    .map(withoutControls)
    .join('\n')
    .replaceAll(/[&<>"]/g, (unit) => ENTITIES[unit] as string);
}
