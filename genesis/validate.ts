/** Checks a genesis as CometBFT and the chain will when they start: every problem with its JSON path. */
import { unknownModules } from "../chain/genesis.ts";
import { createModules } from "../chain/modules/index.ts";
import { AddressCodec } from "../chain/runtime/address.ts";
import { ChainError } from "../chain/runtime/errors.ts";
import { prefixOf } from "../chain/runtime/prefix.ts";
import { Router } from "../chain/runtime/router.ts";
import type { Json } from "../proto/json.ts";
import { consensusParamsFaults } from "./consensus-params.ts";
import { type Fault, headFaults, isObject, leftoverFaults, shown, strangerFaults } from "./head.ts";
import { moduleFaults } from "./module-faults.ts";

/**
 * Problems of a genesis file, each as `path: what is wrong`; empty if there are none.
 * What only the start itself can tell, such as whether models are admitted, is for `startProblem`.
 * @param genesis the JSON of the file
 */
export function genesisProblems(genesis: unknown): readonly string[] {
  if (!isObject(genesis)) return [`$: ${shown(genesis)} must be an object`];
  const state = genesis["app_state"];
  return [
    ...headFaults(genesis),
    ...strangerFaults(genesis),
    ...leftoverFaults(genesis),
    ...consensusParamsFaults(genesis["consensus_params"]),
    ...(isObject(state) ? stateFaults(state as Readonly<Record<string, Json>>) : []),
  ].map(({ path, message }) => `${path}: ${message}`);
}

function stateFaults(state: Readonly<Record<string, Json>>): readonly Fault[] {
  const { all } = createModules();
  const { types } = new Router(all);
  const strangers = unknownModules(state, all).map((name) => ({
    path: `app_state.${name}`,
    message: "no module has this name; remove it",
  }));
  let addresses: AddressCodec;
  try {
    addresses = new AddressCodec(prefixOf(state));
  } catch (error) {
    // Without it no address can be judged.
    if (!(error instanceof ChainError)) throw error;
    return [...strangers, { path: "app_state.auth.bech32_prefix", message: error.message }];
  }
  const faults = all.flatMap((module) => {
    const json = state[module.name];
    return json === undefined || !module.genesis ? [] : moduleFaults(json, { module, addresses, types });
  });
  return [...strangers, ...faults, ...validatorFaults(state)];
}

/** A chain needs a validator: one that the state has, or one that signs itself in. */
function validatorFaults(state: Readonly<Record<string, Json>>): readonly Fault[] {
  const lists = [entriesOf(state["staking"], "validators"), entriesOf(state["genutil"], "gen_txs")];
  // What has no list of its own is a fault that is found elsewhere.
  if (lists.some((list) => list === undefined || list > 0)) return [];
  return [
    {
      path: "app_state.staking.validators",
      message:
        "a chain needs one at least; sign one in with opgd genesis gentx and collect-gentxs, or give this home's with opgd genesis add-validator",
    },
  ];
}

function entriesOf(json: Json | undefined, field: string): number | undefined {
  if (json === undefined) return 0;
  const list = isObject(json) ? (json[field] ?? []) : undefined;
  return Array.isArray(list) ? list.length : undefined;
}
