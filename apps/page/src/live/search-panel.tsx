import { useRef, useState } from 'preact/hooks';
import type { ReportData, SearchReply, ServeSettings } from '@lockstep/report';
import { FilterRows, filterOf, type FilterRow } from './filter-rows.tsx';
import { FoundChunks } from './found-chunks.tsx';
import { messageOf, useSettings, type LiveProps } from './use-live.ts';
import { Choice } from '../parts/choice.tsx';

/** A search of what is loaded: the nearest chunks, with what stands in both stores behind each. */
export function SearchPanel({ data, server, settings }: LiveProps & { readonly data: ReportData }) {
  const [question, setQuestion] = useState('');
  const [corpus, setCorpus] = useState('');
  const [limit, setLimit] = useState('5');
  const [filters, setFilters] = useState<readonly FilterRow[]>([]);
  const [reply, setReply] = useState<SearchReply>();
  const [problem, setProblem] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  const last = useRef<AbortController>(undefined);
  const { embedder } = useSettings(settings) ?? {};

  async function ask(): Promise<void> {
    last.current?.abort();
    const asking = new AbortController();
    last.current = asking;
    setAsking(true);
    setProblem(undefined);
    try {
      const filter = filterOf(filters);
      const asked = new URLSearchParams({ q: question, limit, details: 'true' });
      if (corpus !== '') asked.set('corpus', corpus);
      if (filter !== undefined) asked.set('filter', JSON.stringify(filter));
      const found = await server.get<SearchReply>(`/api/search?${asked.toString()}`, asking.signal);
      if (last.current === asking) setReply(found);
    } catch (error) {
      if (last.current !== asking) return;
      setReply(undefined);
      setProblem(messageOf(error));
    } finally {
      if (last.current === asking) setAsking(false);
    }
  }

  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <div class="filters">
          <label class="question">
            Question
            <input
              type="search"
              dir="auto"
              required
              value={question}
              onInput={({ currentTarget }) => setQuestion(currentTarget.value)}
            />
          </label>
          <Choice label="Corpus" value={corpus} options={corporaOf(data)} hasAll onChoose={setCorpus} />
          <Choice label="Hits" value={limit} options={['5', '20', '100']} onChoose={setLimit} />
          <button type="submit" disabled={isAsking}>
            {isAsking ? 'Searching…' : 'Search'}
          </button>
        </div>
        <FilterRows rows={filters} onChange={setFilters} />
        {embedder !== undefined && <p class="note">{costOf(embedder)}</p>}
      </form>
      <div aria-live="polite">
        {problem !== undefined && <p class="problem">{problem}</p>}
        {reply !== undefined && <FoundChunks {...reply} />}
      </div>
    </>
  );
}

/** Corpora of files, and those that only the stores know. */
function corporaOf({ corpora, others }: ReportData): string[] {
  const names = [...corpora.map(({ corpus }) => corpus), ...others.flatMap(({ corpus }) => corpus ?? [])];
  return [...new Set(names)].toSorted();
}

function costOf({ model, host, dollarsPerMillionTokens: price }: ServeSettings['embedder']): string {
  const where = host === null ? model : `${model} at ${host}`;
  if (price === 0) return `A search is free: ${where} embeds the question in the server.`;
  const costs = price === null ? 'which may cost something' : `at $${price} for a million tokens`;
  return `Each search pays for embedding its question: ${where}, ${costs}.`;
}
