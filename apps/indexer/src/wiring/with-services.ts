import type { Logger } from '@lockstep/model';
import { openServices, type Services, type ServicesOptions } from './open-services.ts';
import type { CommandContext } from './workspace-command.ts';

/** Opens the services for a command that uses no files of a corpus, and closes them at the end. */
export async function withServices<Result>(
  context: CommandContext & Pick<ServicesOptions, 'guardLimits'>,
  prefix: string,
  use: (services: Services, logger: Logger) => Promise<Result>,
): Promise<Result> {
  const logger = context.reporter.logger(prefix);
  const services = openServices({ ...context, logger });
  try {
    return await use(services, logger);
  } finally {
    await services.close();
  }
}
