/** The state as JSON, module by module: what a chain starts from, and what `export` writes. */

import { ValidatorUpdate } from "../proto/gen/tendermint.abci.ts";
import { PublicKey } from "../proto/gen/tendermint.crypto.ts";
import { fromJson, type Json, type TypeRegistry, toJson } from "../proto/json.ts";
import type { AddressCodec } from "./runtime/address.ts";
import { toHex } from "./runtime/bytes.ts";
import type { Context } from "./runtime/context.ts";
import { atPath, SdkError } from "./runtime/errors.ts";
import type { Module, ZeroHeight } from "./runtime/module.ts";

/** `app_state` of a genesis file: one entry a module. */
export type AppState = Readonly<Record<string, Json>>;

/**
 * Reads a module's part; its default if the file leaves it out.
 * @throws ChainError naming the JSON path, the value and the remedy
 */
export function moduleGenesis(
  module: Module,
  state: AppState,
  addresses: AddressCodec,
  types: TypeRegistry,
): unknown {
  if (!module.genesis) return undefined;
  const json = state[module.name];
  const genesis: unknown = json === undefined ? module.genesis.default() : parse(module, json, types);
  const { validate } = module.genesis;
  atPath(`app_state.${module.name}`, () => validate(genesis, addresses));
  return genesis;
}

function parse(module: Module, json: Json, types: TypeRegistry): unknown {
  try {
    return fromJson(module.genesis!.type, json, types);
  } catch (error) {
    throw SdkError.invalidRequest(`app_state.${module.name}: ${(error as Error).message}`);
  }
}

/** Names of `state` that no module has. */
export function unknownModules(state: AppState, modules: readonly Module[]): readonly string[] {
  const known = new Set(modules.filter((module) => module.genesis).map((module) => module.name));
  return Object.keys(state)
    .filter((name) => !known.has(name))
    .sort();
}

/** Reads `app_state` of a genesis file. @throws SdkError.invalidRequest */
export function parseAppState(bytes: Uint8Array): AppState {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw SdkError.invalidRequest(`app_state: is not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw SdkError.invalidRequest("app_state: must be an object with one entry a module");
  }
  return json as AppState;
}

/**
 * The validators that a chain starts with: those that modules name, which must be the file's own if it names any.
 * @throws SdkError.invalidRequest if the two differ
 */
export function agreeOnValidators(
  fromFile: readonly ValidatorUpdate[],
  fromModules: readonly ValidatorUpdate[],
): readonly ValidatorUpdate[] {
  if (fromModules.length === 0 || fromFile.length === 0)
    return fromModules.length === 0 ? fromFile : fromModules;
  const texts = [fromFile, fromModules].map((updates) =>
    updates
      .map((update) => toHex(ValidatorUpdate.encode(update)))
      .sort()
      .join(),
  );
  if (texts[0] !== texts[1]) {
    throw SdkError.invalidRequest(
      "validators: those of the file are not those of app_state.validators; leave the file's empty",
    );
  }
  return fromModules;
}

/**
 * Initialises every module, in order.
 * @returns the validators that modules name
 * @throws ChainError if the genesis is not valid
 */
export function initGenesis(
  ctx: Context,
  state: AppState,
  modules: readonly Module[],
  types: TypeRegistry,
): readonly ValidatorUpdate[] {
  const [stranger] = unknownModules(state, modules);
  if (stranger !== undefined)
    throw SdkError.invalidRequest(`app_state.${stranger}: no module has this name; remove it`);
  const updates: ValidatorUpdate[] = [];
  for (const module of modules) {
    if (!module.genesis) continue;
    const genesis = moduleGenesis(module, state, ctx.addresses, types);
    updates.push(...(module.genesis.init(ctx, genesis) ?? []));
  }
  return lastOfEach(updates);
}

/** Of a validator that two modules name, as staking does and genesis transactions change it, the later holds. */
function lastOfEach(updates: readonly ValidatorUpdate[]): readonly ValidatorUpdate[] {
  const byKey = new Map(updates.map((update) => [toHex(PublicKey.encode(update.pubKey!)), update]));
  return [...byKey.values()].filter(({ power }) => power > 0n);
}

/**
 * The state as a genesis file's app_state. Work is linear in the state.
 * @param ctx on a branch that is dropped: with `zero` it is changed
 */
export function exportGenesis(
  ctx: Context,
  modules: readonly Module[],
  types: TypeRegistry,
  zero?: ZeroHeight,
): AppState {
  const { height } = ctx.block;
  if (zero) for (const { genesis } of modules) genesis?.settle?.(ctx, zero);
  const entries = modules.flatMap(({ name, genesis }) => {
    if (!genesis) return [];
    const exported: unknown = genesis.export(ctx);
    const taken: unknown = zero && genesis.restart ? genesis.restart(exported, height) : exported;
    return [[name, toJson(genesis.type, taken, types)] as const];
  });
  return Object.fromEntries(entries);
}

/** Every invariant of every module that does not hold, as `module/name: what is wrong`. */
export function brokenInvariants(ctx: Context, modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) =>
    module.invariants.flatMap((invariant) => {
      const fault = invariant.check(ctx);
      return fault === undefined ? [] : [`${module.name}/${invariant.name}: ${fault}`];
    }),
  );
}
