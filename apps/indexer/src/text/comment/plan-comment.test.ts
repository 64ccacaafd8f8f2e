import { expect, it } from 'vitest';
import type { CorpusSection } from '../../markdown/pull-request-comment.ts';
import { planComment } from './plan-comment.ts';
import { failedSection } from './plan-section.ts';

/** Most characters of a comment on GitHub. */
const GITHUB_MAX = 65_536;

const section = (name: string, rank: CorpusSection['rank'], body: string, details = ''): CorpusSection => ({
  rank,
  row: [name, 'to load', '1 / 2 / 3', '1 / 2 / 3', '3', '30', 'free'],
  body,
  details,
});
const comment = (sections: readonly CorpusSection[]) => planComment({ sections, notTried: [], isCompared: true });

it('a comment has all sections in the order of the corpora, each followed by its details', () => {
  const text = comment([section('a', 3, 'Body of a.', 'Details of a.'), section('b', 0, 'Body of b.')]);
  expect(text).toContain('2 corpora: 1 failed, 1 to load. Nothing was written or paid for.');
  expect(text).toMatch(/\| a \|[^]*\| b \|[^]*Body of a\.\n\nDetails of a\.\n\nBody of b\.$/);
  expect(text).not.toContain('Left out');
});

it('what does not fit is left out after changes, and failures are shown', () => {
  const long = 'x'.repeat(20_000);
  const changes = Array.from({ length: 5 }, (_, at) => section(`c${at}`, 3, `Body of c${at}. ${long}`, 'Details.'));
  const failed = failedSection('z', { code: 'input-missing', message: 'It is missing.', advice: 'Name it.' }, false);
  const text = comment([...changes, failed]);
  expect(text.length).toBeLessThanOrEqual(GITHUB_MAX);
  expect(text).toMatch(/Body of c0\.[^]*Body of c1\.[^]*Body of c2\./);
  expect(text).not.toContain('Body of c3.');
  expect(text).toContain('**The plan failed** (<code>input-missing</code>): It is missing. Name it.');
  expect(text).toMatch(/\*\*Left out\*\*, since a comment has at most 65000 characters: 2 sections\./);
});

it('a comment about ten thousand corpora is within the limit of GitHub, and says how many rows it lacks', () => {
  const many = Array.from({ length: 10_000 }, (_, at) => section(`corpus-${at}`, 3, `Body of ${at}.`, 'd'.repeat(100)));
  const text = comment([...many, section('last', 1, 'Would be refused.')]);
  expect(text.length).toBeLessThanOrEqual(GITHUB_MAX);
  expect(text.length).toBeGreaterThan(60_000);
  expect(text).toMatch(/\| last \|[^]*Would be refused\./);
  const rows = text.match(/^\| (corpus-\d+|last) \|/gm)?.length ?? 0;
  expect(text).toContain(`: ${10_001 - rows} rows of the table, `);
});

it('a comment that compared nothing says so, and one that was stopped names what it did not try', () => {
  const sections = [section('a', 3, 'Body.')];
  const text = planComment({ sections, notTried: ['b'], isCompared: false });
  expect(text).toContain('1 corpus: 1 not compared.');
  expect(text).toContain('The stores were not compared with the input (--only embed)');
  expect(text).toContain('**Stopped**; 1 corpus not tried: <code>b</code>.');
});
