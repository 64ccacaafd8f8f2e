import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Requests per stand-in, and points that were written or deleted. */
export interface DoubleCounts {
  readonly openai: number;
  readonly qdrant: number;
  readonly pointsWritten: number;
}

/** The stand-ins of OpenAI and Qdrant, in a process of their own so that their work is not measured as the client's. */
export interface DoublesProcess {
  /** Where each is served, without a path. */
  readonly urls: { readonly openai: string; readonly qdrant: string };
  /** Requests since the last time. */
  takeCounts(): Promise<DoubleCounts>;
  stop(): void;
}

export async function startDoubles(): Promise<DoublesProcess> {
  const child = fork(new URL('./doubles/main.ts', import.meta.url), { execArgv: ['--max-old-space-size=8192'] });
  const [urls] = (await once(child, 'message')) as [DoublesProcess['urls']];
  return {
    urls,
    async takeCounts() {
      const answer = once(child, 'message');
      child.send('take counts');
      const [counts] = (await answer) as [DoubleCounts];
      return counts;
    },
    stop: () => child.disconnect(),
  };
}
