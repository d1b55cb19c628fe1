/**
 * The upgrades that this program can apply, by the name that governance gives their plan. One stays here for as long as
 * chains may start from before it; its absence tells a program that it is too old for the state (ADR-0132).
 */
import type { Context } from "../../runtime/context.ts";

/** Stores that come and go with an upgrade. */
export interface StoreUpgrades {
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
  /** A renamed store keeps its entries. */
  readonly renamed?: readonly { readonly from: string; readonly to: string }[];
}

export interface Upgrade {
  /** As in the plan. */
  readonly name: string;
  readonly stores?: StoreUpgrades;
  /** From this upgrade on the chain runs this program's engine, whatever it ran before. */
  readonly takesEngine?: true;
  /** What changes beyond modules' own migrations, which have run by then. */
  readonly migrate?: (ctx: Context) => void;
}

/** In the order in which they were released. */
export const UPGRADES: readonly Upgrade[] = [];
