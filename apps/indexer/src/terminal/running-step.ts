import type { LogFields } from '@lockstep/model';

/** A step of a corpus that is running, as far as is known. */
export interface RunningStep {
  readonly label: string;
  readonly startedAt: number;
  done: number;
  total: number | undefined;
  /** Dollars for a million tokens; undefined where it is not known, or nothing is paid for. */
  readonly price: number | undefined;
  tokens: number;
}

const CELLS = { min: 8, max: 30 } as const;

/** Characters of a bar. */
export interface BarSigns {
  readonly full: string;
  readonly empty: string;
}

/**
 * What a step has done, in one line shorter than `columns`: what there is no room for is left out, the least important first. Of the order: label, count, time left, dollars, percent,
 * rate, bar.
 */
export function stepLine(step: RunningStep, at: number, columns: number, { full, empty }: BarSigns): string {
  const { label, done, total, startedAt, tokens, price } = step;
  const seconds = (at - startedAt) / 1000;
  const rate = seconds > 0 ? done / seconds : 0;
  const share = total === undefined || total === 0 ? undefined : Math.min(done / total, 1);
  const count = total === undefined ? (done === 0 ? '' : String(done)) : `${done}/${total}`;
  const left =
    share === undefined || done === 0 ? durationText(seconds) : `${durationText((total! - done) / rate)} left`;
  const wanted = [
    [2, left],
    [3, price === undefined || price * tokens === 0 ? '' : `$${((tokens / 1_000_000) * price).toFixed(6)}`],
    [0, share === undefined ? '' : `${Math.floor(share * 100)} %`],
    [1, done === 0 ? '' : `${rate.toFixed(rate < 10 ? 1 : 0)}/s`],
  ] as const;
  const room = columns - 1;
  let length = `${label}  ${count}`.length;
  const shown: string[] = [];
  for (const [place, part] of wanted) {
    if (part === '' || length + 2 + part.length > room) continue;
    length += 2 + part.length;
    shown[place] = part;
  }
  const cells = Math.min(room - length - 2, CELLS.max);
  const filled = Math.round((share ?? 0) * cells);
  const bar = share === undefined || cells < CELLS.min ? '' : full.repeat(filled) + empty.repeat(cells - filled);
  const [percent, ...others] = [shown[0] ?? '', shown[1] ?? '', shown[2] ?? '', shown[3] ?? ''];
  return [label, bar, percent, count, ...others]
    .filter((part) => part !== '')
    .join('  ')
    .slice(0, room);
}

/** Seconds, or minutes and seconds, or hours and minutes. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Retries of the services, and breakers that are open. */
export interface Troubles {
  /** Takes account of an event of a guard; all others are ignored. */
  note(event: string, fields?: LogFields): void;
  /** One line for each service that has or had trouble. */
  lines(columns: number): string[];
}

export function createTroubles(): Troubles {
  const retries = new Map<string, number>();
  const open = new Set<string>();
  return {
    note(event, { dependency } = {}) {
      const service = String(dependency);
      if (event === 'retry-scheduled') retries.set(service, (retries.get(service) ?? 0) + 1);
      if (event === 'breaker-opened') open.add(service);
      if (event === 'breaker-closed') open.delete(service);
    },
    lines: (columns) =>
      [...new Set([...retries.keys(), ...open])].map((service) => {
        const count = retries.get(service) ?? 0;
        const tried = count === 0 ? [] : [`${count} ${count === 1 ? 'retry' : 'retries'}`];
        const paused = open.has(service) ? ['does not answer: no requests for a while'] : [];
        return `${service}: ${[...tried, ...paused].join(', ')}`.slice(0, columns - 1);
      }),
  };
}
