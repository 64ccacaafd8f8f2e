import { basename } from 'node:path';
import { cacheRepairText } from '../text/cache-repair-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const cacheRepair = corpusCommand({
  name: 'repair',
  description: 'Moves damaged lines of the embedding cache to a file of their own, and keeps the others',
  temporary: () => true,
  async run({ session }) {
    const repaired = await session.repairCache();
    const result = { ...repaired, setAside: repaired.setAside && basename(repaired.setAside) };
    return { text: cacheRepairText(result), json: { ok: true, ...result } };
  },
});
