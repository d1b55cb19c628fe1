/** consensus: CometBFT's parameters, governed on chain. SDK counterpart: x/consensus. Its genesis is the file's own part. */
import { Msg, Query } from "../../../proto/gen/cosmos.consensus.v1.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { type Module, msgRoute, queryRoute } from "../../runtime/module.ts";
import { emitUpdated } from "./events.ts";
import { ConsensusKeeper, STORE } from "./keeper.ts";

export { ConsensusKeeper } from "./keeper.ts";
export { APP_VERSION, DEFAULT_CONSENSUS_PARAMS } from "./params.ts";

export function createConsensus(): { readonly module: Module; readonly keeper: ConsensusKeeper } {
  const keeper = new ConsensusKeeper();
  const module: Module = {
    name: "consensus",
    stores: [STORE],
    msgs: [
      msgRoute(Msg.methods.UpdateParams, {
        handle: (ctx, { authority, block, evidence, validator, abci }) => {
          assertAuthority(ctx, authority);
          keeper.update(ctx, {
            block,
            evidence,
            validator,
            // Left out, it stays as it is: older proposals do not know it.
            ...(abci ? { abci } : {}),
          });
          emitUpdated(ctx, authority, { block, evidence, validator, abci });
          return {};
        },
      }),
    ],
    queries: [queryRoute(Query.methods.Params, (ctx) => ({ params: keeper.params(ctx) }))],
    invariants: [],
    version: 1n,
  };
  return { module, keeper };
}
