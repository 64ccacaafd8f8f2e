import type { ComponentType } from 'preact';
import type { ReportData } from '@lockstep/report';

/** A part of the page that only a server can show, such as a search. */
export interface LivePanel {
  /** Id of its section, for links within the page. */
  readonly id: string;
  readonly title: string;
  readonly Panel: ComponentType<{ readonly data: ReportData }>;
}

/** What a page can do that is served by a running program. A page in a file has none of it. */
export interface Live {
  /** The data now. */
  load(): Promise<ReportData>;
  /** Calls `refresh` when the data may have changed; returns a function that ends it. */
  watch(refresh: () => void): () => void;
  /** Stand above the panels of the report, in this order; one with the id of another stands in its place. */
  readonly panels: readonly LivePanel[];
}
