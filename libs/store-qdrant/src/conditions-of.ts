import type { Schemas } from '@qdrant/js-client-rest';
import type { FieldCondition, NumberRange, PayloadFilter } from '@lockstep/model';

/** A filter as conditions of Qdrant, all of which a point must meet. */
export function conditionsOf(filter: PayloadFilter): Schemas['FieldCondition'][] {
  return Object.entries(filter).map(([key, condition]) => ({ key, ...checkOf(condition) }));
}

function checkOf(condition: FieldCondition): Pick<Schemas['FieldCondition'], 'match' | 'range'> {
  if (Array.isArray(condition)) return { match: { any: [...condition] as string[] | number[] } };
  // Qdrant matches texts, whole numbers and booleans, and no fraction.
  if (typeof condition === 'number' && !Number.isInteger(condition))
    return { range: { gte: condition, lte: condition } };
  if (typeof condition !== 'object') return { match: { value: condition } };
  const { gt = null, gte = null, lt = null, lte = null } = condition as NumberRange;
  return { range: { gt, gte, lt, lte } };
}
