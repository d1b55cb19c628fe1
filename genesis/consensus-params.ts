/** Checks the consensus parameters of a genesis as CometBFT and the chain will. */
import { assertConsensusParams, DEFAULT_CONSENSUS_PARAMS } from "../chain/modules/consensus/params.ts";
import { ChainError } from "../chain/runtime/errors.ts";
import type { ConsensusParams } from "../proto/gen/tendermint.types.ts";
import { type ConsensusParamsJson, consensusParamsToJson, durationOf } from "./document.ts";
import { type Fault, isObject, type JsonObject, shown } from "./head.ts";

/** Parts and parameters; those of the first three must all be given, as CometBFT takes 0 for what is left out. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  block: ["max_bytes", "max_gas"],
  evidence: ["max_age_num_blocks", "max_age_duration", "max_bytes"],
  validator: ["pub_key_types"],
  version: ["app"],
  abci: ["vote_extensions_enable_height"],
  authority: ["authority"],
};
const OPTIONAL = new Set(["version", "abci", "authority"]);
const TEXTS = new Set(["pub_key_types", "authority"]);

/** Every fault, by its path; none for parameters that are left out whole: CometBFT takes its defaults. */
export function consensusParamsFaults(json: unknown): readonly Fault[] {
  if (json === undefined || json === null) return [];
  if (!isObject(json)) return [{ path: "consensus_params", message: `${shown(json)} must be an object` }];
  const faults = [...strangers(json)];
  const values = new Map<string, unknown>();
  for (const [part, names] of Object.entries(PARTS)) {
    const group = json[part];
    if (group === undefined && OPTIONAL.has(part)) continue;
    for (const name of names) {
      const value = isObject(group) ? group[name] : undefined;
      const message = formFault(name, value);
      if (message === undefined) values.set(`${part}.${name}`, value);
      else faults.push({ path: `consensus_params.${part}.${name}`, message });
    }
  }
  return [...faults, ...ruleFaults(values)];
}

/** The parameters of a genesis without faults; the defaults if it has none. */
export function consensusParamsOf(json: ConsensusParamsJson | undefined): ConsensusParams {
  const groups = Object.entries((json ?? {}) as unknown as Readonly<Record<string, JsonObject>>);
  return paramsOf(
    new Map(
      groups.flatMap(([part, group]) =>
        Object.entries(group).map(([name, value]) => [`${part}.${name}`, value] as const),
      ),
    ),
  );
}

function strangers(json: JsonObject): readonly Fault[] {
  return Object.entries(json).flatMap(([part, group]) => {
    const names = PARTS[part];
    const wrong = names
      ? Object.keys(isObject(group) ? group : {}).flatMap((name) =>
          names.includes(name) ? [] : `${part}.${name}`,
        )
      : [part];
    return wrong.map((path) => ({
      path: `consensus_params.${path}`,
      message: "there is no such parameter; remove it",
    }));
  });
}

function formFault(name: string, value: unknown): string | undefined {
  if (value === undefined) return "is missing";
  if (name === "pub_key_types")
    return Array.isArray(value) && value.every((each) => typeof each === "string")
      ? undefined
      : `${shown(value)} must be a list of names, such as ["ed25519"]`;
  if (TEXTS.has(name)) return typeof value === "string" ? undefined : `${shown(value)} must be text`;
  return typeof value === "string" && /^-?\d{1,18}$/.test(value)
    ? undefined
    : `${shown(value)} must be an integer in text, such as "1"`;
}

/** What the chain's own rules say; a value that they refuse is then taken as the default, to find the next. */
function ruleFaults(values: Map<string, unknown>): readonly Fault[] {
  const faults: Fault[] = [];
  for (;;) {
    try {
      assertConsensusParams(paramsOf(values));
      return faults;
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      const [, path, message] = /^consensus params: ([a-z_.]+): (.*)$/.exec(error.message) ?? [];
      if (!path || !message) throw error;
      // What is not in the file, or no longer, cannot be at fault.
      if (!values.delete(path)) return faults;
      faults.push({ path: `consensus_params.${path}`, message });
    }
  }
}

function paramsOf(values: ReadonlyMap<string, unknown>): ConsensusParams {
  const defaults = consensusParamsToJson(DEFAULT_CONSENSUS_PARAMS) as unknown as Readonly<
    Record<string, JsonObject>
  >;
  const at = (part: string, name: string) => values.get(`${part}.${name}`) ?? defaults[part]![name];
  const integer = (part: string, name: string) => BigInt(at(part, name) as string);
  return {
    block: { maxBytes: integer("block", "max_bytes"), maxGas: integer("block", "max_gas") },
    evidence: {
      maxAgeNumBlocks: integer("evidence", "max_age_num_blocks"),
      maxAgeDuration: durationOf(integer("evidence", "max_age_duration")),
      maxBytes: integer("evidence", "max_bytes"),
    },
    validator: {
      pubKeyTypes: at("validator", "pub_key_types") as ConsensusParamsJson["validator"]["pub_key_types"],
    },
    version: { app: integer("version", "app") },
    abci: { voteExtensionsEnableHeight: integer("abci", "vote_extensions_enable_height") },
    authority: undefined,
  };
}
