/** What a database holds, before it is known which stores to open it with. */

import { decodeState, STATE_KEY } from "./db/layout.ts";
import { readInfo } from "./head.ts";
import { type MultiStoreDeps, openDatabase } from "./options.ts";

/** Names of the stores of the latest version; none if there is no version yet. Opens and closes the database. */
export async function storesAt(path: string, deps: MultiStoreDeps = {}): Promise<readonly string[]> {
  const database = await openDatabase(path, deps);
  try {
    const stored = database.get(STATE_KEY);
    const latest = stored === undefined ? 0 : decodeState(stored).latest;
    return latest === 0 ? [] : readInfo(database, latest).storeInfos.map(({ name }) => name);
  } finally {
    await database.close();
  }
}
