import { STAGE_DEPENDENCIES, STAGES, type Stage } from '@lockstep/model';

/** What is done for each stage; one that is left out counts as done. */
export type StageCalls = Readonly<Partial<Record<Stage, () => Promise<unknown>>>>;

/**
 * Calls each stage when those that it needs have ended well (`STAGE_DEPENDENCIES`); those that do not need each other
 * run side by side. When one fails, the stages that need it are not called, and what is under way ends before the first
 * failure is thrown, so that no service is closed under a stage that still uses it.
 *
 * @param alsoAfter stages that wait for more than they need
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
