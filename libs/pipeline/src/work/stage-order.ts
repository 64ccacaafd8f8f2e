import { STAGE_DEPENDENCIES, STAGES, type Stage } from '@lockstep/model';

/** What each stage does; a stage that is left out counts as done. */
export type StageCalls = Readonly<Partial<Record<Stage, () => Promise<unknown>>>>;

/**
 * Calls each stage when the stages that it needs (`STAGE_DEPENDENCIES`) have succeeded; stages that do not need each
 * other run side by side. When one fails, the stages that need it are not called. Its error is thrown when all stages
 * under way have ended, so that no service is closed while a stage still uses it; of several errors that of the stage
 * first in `STAGES`.
 *
 * @param alsoAfter further stages that a stage waits for
 */
export async function inStageOrder(
  calls: StageCalls,
  alsoAfter: Readonly<Partial<Record<Stage, readonly Stage[]>>> = {},
): Promise<void> {
  const ends = new Map<Stage, Promise<unknown>>();
  const end = (stage: Stage): Promise<unknown> => {
    const known = ends.get(stage);
    if (known !== undefined) return known;
    const needed = [...STAGE_DEPENDENCIES[stage], ...(alsoAfter[stage] ?? [])];
    const ended = Promise.all(needed.map(end)).then(() => calls[stage]?.());
    ends.set(stage, ended);
    return ended;
  };
  for (const ended of await Promise.allSettled(STAGES.map(end))) {
    if (ended.status === 'rejected') throw ended.reason;
  }
}
