import { changesEmbeddings, FAULTY_SERVICES, needsAnswer, type Fault, type FaultScript } from './fault-rule.ts';

/** The allowed values of a key. */
interface Check {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const text: Check = { expected: 'a non-empty string', holds: (value) => typeof value === 'string' && value !== '' };
const yes: Check = { expected: 'true', holds: (value) => value === true };
const milliseconds: Check = { expected: 'milliseconds, 0 or more', holds: (value) => isNumber(value) && value >= 0 };
const count: Check = {
  expected: 'a whole number of 1 or more',
  holds: (value) => isNumber(value) && Number.isInteger(value) && value >= 1,
};

function oneOf(...texts: readonly string[]): Check {
  return { expected: `one of ${texts.join(', ')}`, holds: (value) => texts.some((text) => text === value) };
}

/** The keys of a rule, except `fault`. */
const RULE_KEYS: Readonly<Record<string, Check>> = {
  method: oneOf('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
  path: {
    expected: 'a path that begins with / or *',
    holds: (value) => typeof value === 'string' && /^[/*]/.test(value),
  },
  nth: count,
  from: count,
  to: count,
  every: count,
  chance: { expected: 'a number from 0 to 1', holds: (value) => isNumber(value) && value >= 0 && value <= 1 },
  fromMs: milliseconds,
  toMs: milliseconds,
  times: count,
  when: oneOf('before', 'after'),
};

/** The keys of a fault, which has exactly one of them. */
const FAULT_KEYS: Readonly<Record<string, Check>> = {
  delayMs: milliseconds,
  coldStartMs: milliseconds,
  status: {
    expected: 'a status from 200 to 599',
    holds: (value) => isNumber(value) && Number.isInteger(value) && value >= 200 && value <= 599,
  },
  stall: oneOf('before-headers', 'after-headers', 'in-body'),
  cut: {
    expected: 'a share below 1 or a whole number of bytes',
    holds: (value) => isNumber(value) && value >= 0 && (value < 1 || Number.isInteger(value)),
  },
  reset: yes,
  wrongLength: {
    expected: 'a whole number other than 0',
    holds: (value) => isNumber(value) && Number.isInteger(value) && value !== 0,
  },
  html200: yes,
  brokenJson: yes,
  dripBytesPerSecond: count,
  restartMs: milliseconds,
  reorder: yes,
  short: count,
  nonFinite: yes,
  dimensions: count,
};

/** Keys that a fault with `status` may also have. */
const STATUS_KEYS: Readonly<Record<string, Check>> = {
  headers: {
    expected: 'an object of strings',
    holds: (value) => isObject(value) && Object.values(value).every((one) => typeof one === 'string'),
  },
  body: { expected: 'anything', holds: () => true },
};

const SCRIPT_KEYS: Readonly<Record<string, Check>> = {
  about: text,
  seed: { expected: 'a number', holds: isNumber },
};

/**
 * Reads a script of faults.
 * *Errors*: throws with all problems, one line each with its place, such as `qdrant[2].fault.cut`.
 */
export function readFaultScript(json: string): FaultScript {
  let script: unknown;
  try {
    script = JSON.parse(json);
  } catch (error) {
    throw new Error(`the script is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const wrong = wrongInScript(script);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return script as FaultScript;
}

function wrongInScript(script: unknown): string[] {
  if (!isObject(script)) return ['the script: expected an object'];
  const { openai, qdrant, neon, ...rest } = script;
  const services = { openai, qdrant, neon };
  return [
    ...wrongKeys(rest, SCRIPT_KEYS, '', FAULTY_SERVICES),
    ...FAULTY_SERVICES.flatMap((service) => {
      const rules = services[service];
      if (rules === undefined) return [];
      if (!Array.isArray(rules)) return [`${service}: expected a list of rules`];
      return rules.flatMap((rule: unknown, at) => wrongInRule(rule, `${service}[${at}]`, service));
    }),
  ];
}

function wrongInRule(rule: unknown, place: string, service: string): string[] {
  if (!isObject(rule)) return [`${place}: expected an object`];
  const { fault, ...rest } = rule;
  const wrong = wrongKeys(rest, RULE_KEYS, `${place}.`, ['fault']);
  for (const [least, most] of [
    ['from', 'to'],
    ['fromMs', 'toMs'],
  ] as const) {
    if (Number(rest[least]) > Number(rest[most])) wrong.push(`${place}.${most}: expected no less than ${least}`);
  }
  return [...wrong, ...wrongInFault(fault, `${place}.fault`, service, rest['when'])];
}

function wrongInFault(fault: unknown, place: string, service: string, when: unknown): string[] {
  if (!isObject(fault)) return [`${place}: expected an object with one of ${Object.keys(FAULT_KEYS).join(', ')}`];
  const own = 'status' in fault ? STATUS_KEYS : {};
  const wrong = wrongKeys(fault, { ...FAULT_KEYS, ...own }, `${place}.`);
  if (wrong.length > 0) return wrong;
  const kinds = Object.keys(fault).filter((key) => Object.hasOwn(FAULT_KEYS, key));
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? 'none' : kinds.join(' and ');
    return [`${place}: expected one fault, found ${found}; write a rule for each`];
  }
  const known = fault as unknown as Fault;
  if (changesEmbeddings(known) && service !== 'openai') wrong.push(`${place}.${kinds[0]}: only openai has embeddings`);
  if (needsAnswer(known) && when === 'before') {
    wrong.push(`${place}.${kinds[0]}: needs an answer to spoil, so that it cannot come before the work`);
  }
  return wrong;
}

function wrongKeys(
  object: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
  prefix: string,
  others: readonly string[] = [],
): string[] {
  return Object.entries(object).flatMap(([key, value]) => {
    if (!Object.hasOwn(checks, key)) {
      return [`${prefix}${key}: not known; expected one of ${[...Object.keys(checks), ...others].join(', ')}`];
    }
    const { expected, holds } = checks[key] as Check;
    return holds(value) ? [] : [`${prefix}${key}: expected ${expected}, found ${JSON.stringify(value)}`];
  });
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
