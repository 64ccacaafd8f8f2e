export { createCorpusRig, NO_COSTS, type CorpusRig, type CorpusRigOptions, type RigCosts } from './corpus-rig.ts';
export { readInput, valuesOf } from './read-input.ts';
export { inBothStores, storedTexts, type StoredTexts } from './stored-texts.ts';
export { reconcileCases, type ReconcileCase } from './reconcile/actions.ts';
export type { DriftingStores } from './reconcile/drift.ts';
export { reconcile, type ReconcileOptions } from './reconcile/reconcile.ts';
export { REGRESSION_CASES } from './reconcile/regression-cases.ts';
