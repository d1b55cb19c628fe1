/** Checks a genesis as the chain will when it starts: every module's own checks, each problem with its JSON path. */
import { moduleGenesis, prefixOf, unknownModules } from "../chain/genesis.ts";
import { createModules } from "../chain/modules/index.ts";
import { AddressCodec } from "../chain/runtime/address.ts";
import { ChainError } from "../chain/runtime/errors.ts";
import { Router } from "../chain/runtime/router.ts";
import type { GenesisDocument } from "./document.ts";

/** Problems of a genesis file, each with its path; empty if there are none. */
export function genesisProblems(document: GenesisDocument): readonly string[] {
  const { all } = createModules();
  const { types } = new Router(all);
  const state = document.app_state;
  const strangers = unknownModules(state, all).map(
    (name) => `app_state.${name}: no module has this name; remove it`,
  );
  let addresses: AddressCodec;
  try {
    addresses = new AddressCodec(prefixOf(state));
  } catch (error) {
    return [...strangers, `app_state.auth.bech32_prefix: ${(error as Error).message}`];
  }
  const problems = all.flatMap((module) => {
    try {
      moduleGenesis(module, state, addresses, types);
      return [];
    } catch (error) {
      if (error instanceof ChainError) return [error.message];
      throw error;
    }
  });
  return [...strangers, ...problems];
}
