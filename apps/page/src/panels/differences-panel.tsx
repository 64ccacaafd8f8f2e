import { DIFFERENCE_COLUMNS, type ReportData } from '@lockstep/report';
import { PagedTable } from '../parts/paged-table.tsx';
import { timeText } from '../parts/shown.ts';

/** What the last verify of each corpus on this machine found. */
export function DifferencesPanel({ data: { differences, corpora } }: { readonly data: ReportData }) {
  const compared = corpora.flatMap((corpus) => (corpus.compared === null ? [] : [corpus.compared.at]));
  const [oldest] = compared.toSorted();
  return (
    <PagedTable
      caption="What differs from the corpus, and in which store"
      item="difference"
      listed={differences}
      names={DIFFERENCE_COLUMNS}
      choices={[
        { name: 'corpus', label: 'Corpus' },
        { name: 'store', label: 'Store' },
        { name: 'kind', label: 'Kind' },
      ]}
      shown={[
        { name: 'corpus', label: 'Corpus' },
        { name: 'store', label: 'Store' },
        { name: 'kind', label: 'Kind' },
        { name: 'chunk', label: 'Chunk' },
        { name: 'point', label: 'Point' },
        { name: 'fields', label: 'Fields' },
      ]}
      empty={
        oldest === undefined
          ? 'Nothing was verified on this machine.'
          : `The last verify of each corpus on this machine, ${timeText(oldest)} or later, found no difference.`
      }
    />
  );
}
