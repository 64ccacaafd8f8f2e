export { checkBoundaries, type BoundaryReport } from './check-boundaries.ts';
export type { Violation } from './structure-rules.ts';
