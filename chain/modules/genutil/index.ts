/** genutil: transactions of genesis, by which validators sign themselves into a new chain. SDK counterpart: x/genutil. */
import { GenesisState } from "../../../proto/gen/cosmos.genutil.v1beta1.ts";
import type { Json } from "../../../proto/json.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { ChainError, SdkError } from "../../runtime/errors.ts";
import type { Module, ModuleGenesis } from "../../runtime/module.ts";
import type { Router } from "../../runtime/router.ts";
import type { StakingKeeper } from "../staking/index.ts";
import { type Gentx, gentxBytes, parseGentx } from "./gentx.ts";

export { type Gentx, gentxBytes, gentxJson, parseGentx } from "./gentx.ts";

/** What running a transaction came to. */
export interface Delivered {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
}

export type Deliver = (ctx: Context, tx: Uint8Array) => Delivered;

export interface GenutilOptions {
  readonly staking: StakingKeeper;
  readonly router: Router;
}

export class Genutil {
  readonly #options: GenutilOptions;
  #deliver: Deliver | undefined;

  constructor(options: GenutilOptions) {
    this.#options = options;
  }

  /** Says how transactions run: their pipeline stands on the modules, and so comes after them. */
  deliverBy(deliver: Deliver): void {
    this.#deliver = deliver;
  }

  /** @throws ChainError naming the path */
  validate({ genTxs }: GenesisState, addresses: AddressCodec): void {
    const operators = new Set<string>();
    for (const [index, bytes] of genTxs.entries()) {
      at(`gen_txs[${index}]`, () => {
        const { message } = this.#parse(bytes, addresses);
        if (operators.has(message.validatorAddress))
          throw SdkError.invalidRequest(
            `body.messages[0].validator_address: ${message.validatorAddress} has a transaction before; remove one`,
          );
        operators.add(message.validatorAddress);
      });
    }
  }

  #parse(bytes: Uint8Array, addresses: AddressCodec): Gentx {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as Json;
    return parseGentx(json, this.#options.router, addresses);
  }

  init(ctx: Context, { genTxs }: GenesisState): ReturnType<ModuleGenesis<GenesisState>["init"]> {
    if (genTxs.length === 0) return undefined;
    const deliver = this.#deliver;
    if (!deliver) throw SdkError.logic("genutil: nobody delivers transactions here");
    // The SDK is at height 0 there, unless the chain begins at a later height than 1.
    const height = ctx.block.height > 1n ? ctx.block.height : 0n;
    const before = ctx.branch({ block: { ...ctx.block, height } });
    for (const [index, bytes] of genTxs.entries()) {
      const { code, codespace, log } = deliver(before.ctx, gentxBytes(this.#parse(bytes, ctx.addresses)));
      if (code !== 0) throw new ChainError(codespace, code, `app_state.genutil.gen_txs[${index}]: ${log}`);
    }
    const updates = this.#options.staking.applyValidatorSet(before.ctx);
    before.write();
    return updates;
  }
}

/** Puts a place before what is wrong there. */
function at(path: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new ChainError(error.codespace, error.code, `${path}.${error.message}`);
  }
}

export function createGenutil(options: GenutilOptions): {
  readonly module: Module;
  readonly keeper: Genutil;
} {
  const keeper = new Genutil(options);
  const genesis: ModuleGenesis<GenesisState> = {
    type: GenesisState,
    default: () => ({ genTxs: [] }),
    validate: (state, addresses) => keeper.validate(state, addresses),
    init: (ctx, state) => keeper.init(ctx, state),
    export: () => ({ genTxs: [] }),
  };
  const module: Module = {
    name: "genutil",
    stores: [],
    msgs: [],
    queries: [],
    genesis,
    invariants: [],
    version: 1n,
  };
  return { module, keeper };
}
