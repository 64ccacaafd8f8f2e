import type { Logger } from '@lockstep/model';
import type { EditContext } from '@lockstep/pipeline';
import { SYSTEM_CLOCK } from '@lockstep/resilience';

/** A request is carried out to its end, also when its sender is gone: a half edit would be worse. */
export function editContext(corpus: string, logger: Logger): EditContext {
  return { corpus, clock: SYSTEM_CLOCK, logger };
}
