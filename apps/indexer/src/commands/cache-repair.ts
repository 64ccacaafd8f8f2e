import { basename } from 'node:path';
import { cacheRepairText } from '../text/cache-repair-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const cacheRepair = corpusCommand({
  name: 'repair',
  description: 'Sets damaged lines of the cache of a corpus’s model aside, and keeps all others',
  temporary: () => true,
  async run({ session }) {
    const repaired = await session.repairCache();
    const result = { ...repaired, setAside: repaired.setAside && basename(repaired.setAside) };
    return { text: cacheRepairText(result), json: { ok: true, ...result } };
  },
});
