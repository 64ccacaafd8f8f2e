import { isIndexingError } from '@lockstep/model';
import { connectServices } from '@lockstep/reader';
import { EDGE_LOGGER } from './logger.ts';
import type { RoutesOptions } from './routes/routes-options.ts';
import { inNamesOfBindings, readSettings, type Bindings } from './settings.ts';

/** What one event works with. Nothing is sent yet. Fails with `environment-invalid`. */
export function openEdge(bindings: Bindings): RoutesOptions {
  const { addresses, ...settings } = readSettings(bindings);
  try {
    return {
      ...settings,
      questionUnit: 'bytes',
      logger: EDGE_LOGGER,
      services: connectServices({ ...addresses, logger: EDGE_LOGGER }),
    };
  } catch (error) {
    throw isIndexingError(error) ? inNamesOfBindings(error) : error;
  }
}
