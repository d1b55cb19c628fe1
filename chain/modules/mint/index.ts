/** mint: new coins by inflation. SDK counterpart: x/mint. */
import { GenesisState, Msg, Query } from "../../../proto/gen/cosmos.mint.v1beta1.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { formatCoins } from "../../runtime/coins.ts";
import { decFromWire, decToWire, formatDec, ZERO } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type Module, type ModuleGenesis, msgRoute, queryRoute } from "../../runtime/module.ts";
import { type MintDeps, MintKeeper } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { DEFAULT_INFLATION, DEFAULT_PARAMS, validateParams } from "./params.ts";

export { type MintDeps, MintKeeper } from "./keeper.ts";
export { DEFAULT_PARAMS as DEFAULT_MINT_PARAMS } from "./params.ts";

export function createMint(deps: MintDeps): { readonly module: Module; readonly keeper: MintKeeper } {
  const keeper = new MintKeeper(deps);
  const { methods } = Query;
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
      queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
      queryRoute(methods.Inflation, (ctx) => ({ inflation: decToWire(keeper.minter(ctx).inflation) })),
      queryRoute(methods.AnnualProvisions, (ctx) => ({
        annualProvisions: decToWire(keeper.minter(ctx).annualProvisions),
      })),
    ],
    genesis: mintGenesis(keeper, deps),
    beginBlock: (ctx) => keeper.beginBlock(ctx),
    invariants: [
      {
        name: "nothing-kept",
        check: (ctx) => {
          const held = deps.bank.balances(ctx, moduleAddress(MODULE));
          return held.length === 0
            ? undefined
            : `the module account holds ${formatCoins(held)} between blocks`;
        },
      },
      {
        name: "inflation-bounds",
        check: (ctx) => {
          const { inflation, annualProvisions } = keeper.minter(ctx);
          return inflation >= 0n && annualProvisions >= 0n
            ? undefined
            : `inflation is ${formatDec(inflation)}, annual provisions ${formatDec(annualProvisions)}`;
        },
      },
    ],
    version: 2n,
  };
  return { module, keeper };
}

function mintGenesis(keeper: MintKeeper, { bank }: MintDeps): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({
      minter: { inflation: decToWire(DEFAULT_INFLATION), annualProvisions: decToWire(ZERO) },
      params: DEFAULT_PARAMS,
    }),
    validate: ({ minter, params }) => {
      validateParams(params);
      const inflation = decFromWire(minter.inflation, "minter.inflation");
      if (inflation < ZERO)
        throw SdkError.invalidRequest(`minter.inflation: ${formatDec(inflation)} is negative`);
      const provisions = decFromWire(minter.annualProvisions, "minter.annual_provisions");
      if (provisions < ZERO)
        throw SdkError.invalidRequest(`minter.annual_provisions: ${formatDec(provisions)} is negative`);
    },
    init: (ctx, { minter, params }) => {
      keeper.setMinter(ctx, {
        inflation: decFromWire(minter.inflation, "minter.inflation"),
        annualProvisions: decFromWire(minter.annualProvisions, "minter.annual_provisions"),
      });
      keeper.setParams(ctx, params);
      bank.auth.moduleAccount(ctx, MODULE);
      return undefined;
    },
    export: (ctx) => {
      const { inflation, annualProvisions } = keeper.minter(ctx);
      return {
        minter: { inflation: decToWire(inflation), annualProvisions: decToWire(annualProvisions) },
        params: keeper.params(ctx),
      };
    },
  };
}
