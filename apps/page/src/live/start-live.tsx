import type { ReportData, ServeSettings } from '@lockstep/report';
import type { Live } from './live.ts';
import { NowPanel } from './now-panel.tsx';
import { PlanPanel } from './plan-panel.tsx';
import { SearchPanel } from './search-panel.tsx';
import { createServer } from './server.ts';
import { takeToken } from './take-token.ts';
import { watchRuns } from './watch-runs.ts';

const NO_TOKEN =
  'This page needs the address that `indexer serve` printed, with all that stands behind the #. Open that one.';

/** What the page can do that a server serves, if the page was opened with its token. */
export function startLive(): Live {
  const token = takeToken();
  if (token === undefined) {
    return { load: () => Promise.reject(new Error(NO_TOKEN)), watch: () => () => {}, panels: [] };
  }
  const server = createServer(token);
  const watch = watchRuns(server);
  // Asked once: a server does not change its settings.
  const settings = server.get<ServeSettings>('/api/settings');
  settings.catch(() => {});
  const live = { server, watch, settings };
  return {
    load: () => server.get<ReportData>('/api/report'),
    watch: watch.onEnd,
    panels: [
      { id: 'search', title: 'Search', Panel: ({ data }) => <SearchPanel data={data} {...live} /> },
      { id: 'now', title: 'Now', Panel: () => <NowPanel {...live} /> },
      // In the place of the plans of a report, which a server makes only when they are asked for.
      { id: 'plans', title: 'What a run would do now', Panel: ({ data }) => <PlanPanel data={data} {...live} /> },
    ],
  };
}
