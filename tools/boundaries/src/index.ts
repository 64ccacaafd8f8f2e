export { checkBoundaries, type BoundaryReport } from './check-boundaries.ts';
export { formatViolation, type Violation } from './violation.ts';
