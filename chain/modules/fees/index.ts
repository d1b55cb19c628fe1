/** fees: a base fee of gas that follows the use of blocks, and is burnt where the parameters say so (ADR-0123). */
import { GenesisState, Msg, Query } from "../../../proto/gen/opg.fees.v1.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { formatCoins } from "../../runtime/coins.ts";
import { decFromWire, decToWire, formatDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type Module, type ModuleGenesis, msgRoute, queryRoute } from "../../runtime/module.ts";
import { type FeesDeps, FeesKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { DEFAULT_PARAMS, validateParams } from "./params.ts";

export { type FeesDeps, FeesKeeper } from "./keeper.ts";

export function createFees(deps: FeesDeps): { readonly module: Module; readonly keeper: FeesKeeper } {
  const keeper = new FeesKeeper(deps);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: [
      msgRoute(Msg.methods.UpdateParams, {
        validate: ({ params }) => validateParams(params),
        handle: (ctx, { authority, params }) => {
          assertAuthority(ctx, authority);
          keeper.setParams(ctx, params);
          return {};
        },
      }),
    ],
    queries: [
      queryRoute(Query.methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
      queryRoute(Query.methods.BaseFee, (ctx) => ({
        baseFee: decToWire(keeper.baseFee(ctx)),
        denom: keeper.params(ctx).denom,
      })),
    ],
    genesis: feesGenesis(keeper),
    endBlock: (ctx) => {
      keeper.endBlock(ctx);
      return undefined;
    },
    invariants: [
      {
        name: "nothing-kept",
        check: (ctx) => {
          const held = deps.bank.balances(ctx, moduleAddress(MODULE));
          if (held.length > 0) return `the module account holds ${formatCoins(held)} between blocks`;
          return keeper.hasTaken(ctx) ? "fees of a block that is over are not booked" : undefined;
        },
      },
    ],
    version: 1n,
  };
  return { module, keeper };
}

function feesGenesis(keeper: FeesKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ params: DEFAULT_PARAMS, baseFee: decToWire(ZERO) }),
    validate: ({ params, baseFee }) => {
      validateParams(params);
      const value = decFromWire(baseFee || "0", "base_fee");
      if (value < ZERO) throw SdkError.invalidRequest(`base_fee: ${formatDec(value)} is negative`);
    },
    init: (ctx, { params, baseFee }) => {
      keeper.setParams(ctx, params);
      keeper.setBaseFee(ctx, decFromWire(baseFee || "0", "base_fee"));
      return undefined;
    },
    export: (ctx) => ({ params: keeper.params(ctx), baseFee: decToWire(keeper.keptBaseFee(ctx)) }),
  };
}
