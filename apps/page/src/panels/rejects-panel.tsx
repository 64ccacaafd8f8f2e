import { REJECT_COLUMNS, type ReportData } from '@lockstep/report';
import { PagedTable } from '../parts/paged-table.tsx';

/** Records that the last validate of each corpus on this machine left out, and why. */
export function RejectsPanel({ data: { rejects } }: { readonly data: ReportData }) {
  return (
    <PagedTable
      caption="Records that were left out"
      item="record"
      listed={rejects}
      names={REJECT_COLUMNS}
      choices={[
        { name: 'corpus', label: 'Corpus' },
        { name: 'code', label: 'Reason' },
      ]}
      shown={[
        { name: 'corpus', label: 'Corpus' },
        { name: 'file', label: 'File' },
        { name: 'line', label: 'Line', isNumber: true },
        { name: 'chunk', label: 'Chunk' },
        { name: 'code', label: 'Reason' },
        { name: 'field', label: 'Field' },
        { name: 'message', label: 'Message' },
      ]}
      empty="No record was rejected."
    />
  );
}
