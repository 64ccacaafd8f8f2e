import { basename } from 'node:path';
import { cacheRepairText } from '../../text/cache-repair-text.ts';
import { corpusCommand } from '../../wiring/corpus-command.ts';
import { MODEL_FLAGS } from '../../settings/flags.ts';

export const cacheRepair = corpusCommand({
  name: 'repair',
  flags: ['corpus', ...MODEL_FLAGS, 'embedder', 'state-dir'],
  examples: [
    ['indexer cache repair my-docs', 'Repairs the cache of the model of a corpus'],
    ['indexer run my-docs', 'Afterwards: embeds what was damaged'],
  ],
  temporary: () => true,
  async run({ session }) {
    const repaired = await session.repairCache();
    const result = { ...repaired, setAside: repaired.setAside && basename(repaired.setAside) };
    return { text: cacheRepairText(result), json: { ok: true, ...result } };
  },
});
