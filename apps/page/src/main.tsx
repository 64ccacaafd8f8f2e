import { render } from 'preact';
import { DATA_ID, LIVE_ID, type ReportData } from '@lockstep/report';
import { startLive } from './live/start-live.tsx';
import { Page } from './page.tsx';

/** The JSON in an element of the page; undefined where there is no such element. */
function jsonIn(id: string): unknown {
  const text = document.getElementById(id)?.textContent;
  return text === undefined ? undefined : JSON.parse(text);
}

const live = jsonIn(LIVE_ID);
const data = jsonIn(DATA_ID) as ReportData | undefined;
const root = document.getElementById('page');
if (root !== null) {
  root.replaceChildren();
  render(<Page data={data} live={live === undefined ? undefined : startLive()} />, root);
}
