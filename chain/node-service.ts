/** What a node says of its own settings (cosmos.base.node.v1beta1): wallets ask it for the least price of gas. */
import { Service } from "../proto/gen/cosmos.base.node.v1beta1.ts";
import { formatDec } from "./runtime/decimal.ts";
import { type Module, queryRoute } from "./runtime/module.ts";
import type { MultiStore } from "./store/multistore.ts";
import type { GasPrices } from "./tx/fee.ts";

export interface NodeSettings {
  readonly minGasPrices: GasPrices;
  readonly haltHeight: bigint;
  readonly store: MultiStore;
}

/** Queries alone, without state: answers may differ from node to node. */
export function createNodeService({ minGasPrices, haltHeight, store }: NodeSettings): Module {
  const { methods } = Service;
  return {
    name: "node",
    stores: [],
    msgs: [],
    queries: [
      queryRoute(methods.Config, () => ({
        minimumGasPrice: minGasPrices.map(({ denom, price }) => `${formatDec(price)}${denom}`).join(","),
        pruningKeepRecent: "",
        pruningInterval: "",
        haltHeight,
      })),
      queryRoute(methods.Status, (ctx) => ({
        earliestStoreHeight: store.versions().earliest,
        height: ctx.block.height,
        timestamp: ctx.block.time,
        appHash: store.appHash,
        validatorHash: new Uint8Array(0),
      })),
    ],
    invariants: [],
    version: 1n,
  };
}
