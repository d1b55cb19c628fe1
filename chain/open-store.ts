/**
 * Opens the multistore with the stores of this program. An upgrade that is due with the next block may add, remove and
 * rename stores: the plan in the state says which (ADR-0132), so that no file beside the state decides.
 */
import {
  pendingPlan,
  type StoreUpgrades,
  UPGRADES,
  type Upgrade,
  WrongProgram,
} from "./modules/upgrade/index.ts";
import { StoreError } from "./store/errors.ts";
import { MultiStore } from "./store/multistore.ts";
import type { MultiStoreOptions } from "./store/options.ts";
import { storesAt } from "./store/peek.ts";

/** @throws StoreError; WrongProgram if the stores are not those of the state and no upgrade that is due explains it */
export async function openStore(
  options: Omit<MultiStoreOptions, "added" | "removed">,
  upgrades: readonly Upgrade[] = UPGRADES,
): Promise<MultiStore> {
  try {
    return await MultiStore.open(options);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "STORES_DIFFER") throw error;
    return openUpgraded(options, await dueUpgrade(options, upgrades, error));
  }
}

/** @throws WrongProgram, or `differ` */
async function dueUpgrade(
  options: MultiStoreOptions,
  upgrades: readonly Upgrade[],
  differ: StoreError,
): Promise<Upgrade> {
  const stores = await storesAt(options.path);
  if (!stores.includes("upgrade")) throw differ;
  const store = await MultiStore.open({ path: options.path, stores });
  try {
    const plan = pendingPlan(store.branch().store("upgrade"));
    const upgrade = plan && upgrades.find(({ name }) => name === plan.name);
    if (!plan || !upgrade) throw differ;
    const next = store.version + 1n;
    if (plan.height <= next) return upgrade;
    throw new WrongProgram(
      `BINARY UPDATED BEFORE TRIGGER! UPGRADE "${plan.name}" - in binary but not executed on chain. Downgrade your binary: the upgrade is at height ${plan.height}, the next block is ${next}`,
    );
  } finally {
    await store.close();
  }
}

async function openUpgraded(
  options: Omit<MultiStoreOptions, "added" | "removed">,
  { stores = {} }: Upgrade,
): Promise<MultiStore> {
  const { added = [], removed = [], renamed = [] } = stores;
  const store = await MultiStore.open({
    ...options,
    added: [...added, ...renamed.map(({ to }) => to)],
    removed: [...removed, ...renamed.map(({ from }) => from)],
  });
  try {
    moveEntries(store, renamed);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Into the working state: what is not committed with the upgrade's block is moved again at the next start. */
function moveEntries(store: MultiStore, renamed: NonNullable<StoreUpgrades["renamed"]>): void {
  const view = store.at(store.version);
  try {
    const branch = store.branch();
    for (const { from, to } of renamed) {
      const target = branch.store(to);
      for (const [key, value] of view.store(from).iterate()) target.set(key.slice(), value.slice());
    }
    branch.write();
  } finally {
    view.release();
  }
}
