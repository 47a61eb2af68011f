// A catalogue of many event types.
import type { Server } from './server.ts';

export const GROUPS = 16;
export const EACH = 30;

/** Adds 481 event types in 16 groups, all but the last with a prefix of their own. */
export async function manyTypes(server: Server): Promise<void> {
  const { items } = await server.api('GET', '/event-types?group=Shop%201&limit=1');
  if (items.length > 0) return;
  for (let group = 1; group <= GROUPS; group++) {
    const prefix = group === GROUPS ? 'shop1x' : `shop${group}`;
    const types = Array.from({ length: EACH }, (_, at) => [`${prefix}.thing${at}.${at % 2 ? 'deleted' : 'created'}`, { type: 'object', description: `Number ${at} of group ${group}.` }]);
    if (group === GROUPS) types.push(['other.thing.deleted', { type: 'object' }]);
    await server.api('POST', `/event-types/import?group=${encodeURIComponent(`Shop ${group}`)}`, Object.fromEntries(types));
  }
}
