import { useEffect, useState } from 'preact/hooks';
import type { ReportData } from '@lockstep/report';
import type { Live } from './live/live.ts';
import { CorporaPanel } from './panels/corpora-panel.tsx';
import { DifferencesPanel } from './panels/differences-panel.tsx';
import { EvaluationsPanel } from './panels/evaluations-panel.tsx';
import { OthersPanel } from './panels/others-panel.tsx';
import { PlansPanel } from './panels/plans-panel.tsx';
import { RejectsPanel } from './panels/rejects-panel.tsx';
import { RunsPanel } from './panels/runs-panel.tsx';
import { TextsPanel } from './panels/texts-panel.tsx';
import { Header } from './parts/header.tsx';
import { Section } from './parts/section.tsx';

const PANELS = [
  { id: 'corpora', title: 'Corpora', Panel: CorporaPanel },
  { id: 'runs', title: 'Runs', Panel: RunsPanel },
  { id: 'plans', title: 'What a run would do now', Panel: PlansPanel },
  { id: 'differences', title: 'Differences', Panel: DifferencesPanel },
  { id: 'rejects', title: 'Rejected records', Panel: RejectsPanel },
  { id: 'texts', title: 'Lengths of texts', Panel: TextsPanel },
  { id: 'evaluations', title: 'Quality of search', Panel: EvaluationsPanel },
  { id: 'others', title: 'In the stores besides', Panel: OthersPanel },
];

/** The page of a report, or that of a running program with its `live` panels above it. */
export function Page({
  data: given,
  live,
}: {
  readonly data: ReportData | undefined;
  readonly live: Live | undefined;
}) {
  const [data, setData] = useState(given);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (live === undefined) return undefined;
    const refresh = (): void => {
      live.load().then(
        (loaded) => {
          setData(loaded);
          setProblem(undefined);
        },
        (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
      );
    };
    if (data === undefined) refresh();
    return live.watch(refresh);
  }, [live]);

  if (data === undefined) return <p class="empty">{problem ?? 'Loading…'}</p>;
  const own = live?.panels ?? [];
  const panels = [...own, ...PANELS.filter(({ id }) => !own.some((panel) => panel.id === id))];
  return (
    <>
      <Header data={data} panels={panels} />
      <main>
        {problem !== undefined && <p class="problem">The page is not up to date: {problem}</p>}
        {panels.map(({ id, title, Panel }) => (
          <Section key={id} id={id} title={title}>
            <Panel data={data} />
          </Section>
        ))}
      </main>
    </>
  );
}
