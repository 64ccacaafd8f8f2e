import { createHash } from 'node:crypto';
import { isWait, needsAnswer, type Fault, type FaultRule, type Spoiling, type Wait } from './fault-rule.ts';

/** The faults of one request. */
export interface PickedFaults {
  /** In the order of the rules; `ms` is the remaining time. */
  readonly waits: readonly { readonly fault: Wait; readonly ms: number; readonly when: 'before' | 'after' }[];
  readonly spoiling?: { readonly fault: Spoiling; readonly when: 'before' | 'after' };
}

/** Picks the faults of the next request. `sinceFirstMs`: milliseconds since the first request to the service. */
export type PickFaults = (request: {
  readonly method: string;
  readonly path: string;
  readonly sinceFirstMs: number;
}) => PickedFaults;

/** Creates a picker that takes, in the order of the rules, all waits that apply and the first of the other faults. */
export function createFaultPicker(rules: readonly FaultRule[], seed: string): PickFaults {
  const states = rules.map((rule) => ({ rule, pattern: patternOf(rule.path), seen: 0, struck: 0 }));
  return ({ method, path, sinceFirstMs }) => {
    const waits: { fault: Wait; ms: number; when: 'before' | 'after' }[] = [];
    let spoiling: PickedFaults['spoiling'];
    states.forEach((state, at) => {
      const { rule, pattern } = state;
      if (rule.method !== undefined && rule.method !== method) return;
      if (!pattern.test(path)) return;
      state.seen += 1;
      if (!matchesNumber(rule, state.seen) || !matchesTime(rule, sinceFirstMs)) return;
      if (rule.chance !== undefined && draw([seed, at, state.seen]) >= rule.chance) return;
      if (rule.times !== undefined && state.struck >= rule.times) return;
      const { fault } = rule;
      const when = needsAnswer(fault) ? 'after' : (rule.when ?? 'before');
      if (isWait(fault))
        waits.push({ fault, ms: 'delayMs' in fault ? fault.delayMs : endOf(fault) - sinceFirstMs, when });
      else if (spoiling === undefined) spoiling = { fault, when };
      else return;
      state.struck += 1;
    });
    return spoiling === undefined ? { waits } : { waits, spoiling };
  };
}

function patternOf(path = '*'): RegExp {
  const parts = path.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

function matchesNumber({ nth, from, to, every }: FaultRule, number: number): boolean {
  if (nth !== undefined && number !== nth) return false;
  if (every !== undefined && number % every !== 0) return false;
  return number >= (from ?? 1) && number <= (to ?? Number.POSITIVE_INFINITY);
}

function matchesTime({ fromMs, toMs, fault }: FaultRule, sinceFirstMs: number): boolean {
  return sinceFirstMs >= (fromMs ?? 0) && sinceFirstMs < Math.min(toMs ?? Number.POSITIVE_INFINITY, endOf(fault));
}

/** Time after which a fault no longer applies: only a cold start ends by itself. */
function endOf(fault: Fault): number {
  return 'coldStartMs' in fault ? fault.coldStartMs : Number.POSITIVE_INFINITY;
}

/** A number from 0 up to 1 that depends only on the key, so that other rules or services do not change it. */
function draw(key: readonly (string | number)[]): number {
  return createHash('sha256').update(JSON.stringify(key)).digest().readUInt32BE() / 2 ** 32;
}
