import type { ReportData } from '@lockstep/report';
import { counted, timeText } from './shown.ts';

/** What the page is of, how the corpora are, and links to its panels. */
export function Header({
  data,
  panels,
}: {
  readonly data: ReportData;
  readonly panels: readonly { readonly id: string; readonly title: string }[];
}) {
  const { corpora, madeAt, program, problems } = data;
  const inStep = corpora.filter(({ mark }) => mark === 'good').length;
  const isGood = inStep === corpora.length && corpora.length > 0;
  return (
    <header>
      <h1>Lockstep</h1>
      <p class={`verdict ${isGood ? 'good' : 'bad'}`}>
        {corpora.length === 0
          ? 'There is no corpus.json in this workspace.'
          : isGood
            ? `${counted(corpora.length, 'corpus', 'corpora')} in step`
            : `${inStep} of ${counted(corpora.length, 'corpus', 'corpora')} in step`}
      </p>
      <p class="note">
        Collected <time dateTime={madeAt}>{timeText(madeAt)}</time> by version {program}
      </p>
      <nav aria-label="Panels">
        <ul>
          {panels.map(({ id, title }) => (
            <li key={id}>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      {problems.length > 0 && (
        <div class="problem">
          <p>Could not be checked:</p>
          <ul>
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
    </header>
  );
}
