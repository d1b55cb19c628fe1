/** upgrade-info.json: what the next program of the chain is, for tools that change it, such as cosmovisor. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UpgradeNeeded } from "../../chain/modules/upgrade/index.ts";

export const UPGRADE_INFO_FILE = "upgrade-info.json";

/** As the Cosmos SDK writes it: DumpUpgradeInfoToDisk in x/upgrade/keeper/keeper.go v0.2. */
export function upgradeInfoText({ name, height, info }: UpgradeNeeded["plan"]): string {
  return JSON.stringify({
    name,
    time: "0001-01-01T00:00:00Z",
    height: Number(height),
    ...(info === "" ? {} : { info }),
  });
}

/** Writes it into the home's data folder. @returns the path */
export function writeUpgradeInfo(home: string, { plan }: UpgradeNeeded): string {
  const path = join(home, "data", UPGRADE_INFO_FILE);
  writeFileSync(path, upgradeInfoText(plan), { mode: 0o600 });
  return path;
}
