/** Finds every fault in a module's part of a genesis, with the module's own checks, which stop at the first. */
import { moduleGenesis } from "../chain/genesis.ts";
import type { AddressCodec } from "../chain/runtime/address.ts";
import { ChainError } from "../chain/runtime/errors.ts";
import type { Module } from "../chain/runtime/module.ts";
import { type Json, type TypeRegistry, toJson } from "../proto/json.ts";
import { type Fault, isObject } from "./head.ts";

/** Faults of one module that are looked for. */
const MOST = 100;

/**
 * Places that are judged by others of their module: where one of those has a fault, what these say of it is no fault of
 * their own.
 */
const JUDGED_BY_OTHERS: Readonly<Record<string, RegExp>> = {
  bank: /^\.supply/,
  models: /^\.chunks/,
  inference: /^\.(unit_price|last_used|outputs|roots)/,
  // Entries as a whole are at odds with other lists, their fields with themselves.
  staking: /^\.(validators|delegations|redelegations|last_validator_powers)\[\d+\]$/,
};

interface Judge {
  readonly module: Module;
  readonly addresses: AddressCodec;
  readonly types: TypeRegistry;
}

/**
 * Asks the module, notes its fault, mends the place (an entry of a list is left out, a value becomes the default), and asks
 * again until it finds none. Cost: reading the part once a fault.
 */
export function moduleFaults(json: Json, judge: Judge): readonly Fault[] {
  const { name } = judge.module;
  const faults: Fault[] = [];
  const draft = new Draft(json, judge);
  for (let tries = 0; tries < MOST; tries++) {
    const fault = firstFault(draft.json, judge);
    if (!fault) return faults;
    const place = placeOf(fault.path);
    const isFollowUp = draft.isMended && (JUDGED_BY_OTHERS[name]?.test(fault.path) ?? false);
    if (!isFollowUp)
      faults.push({ path: `app_state.${name}${draft.original(fault.path)}`, message: fault.message });
    if (!place || !draft.mend(place)) return faults;
  }
  return [
    ...faults,
    { path: `app_state.${name}`, message: `more than ${MOST} faults: the rest is not shown` },
  ];
}

/** The first fault that the module names, its path beginning with a point; or "" if it names none. */
function firstFault(json: Json, { module, addresses, types }: Judge): Fault | undefined {
  try {
    moduleGenesis(module, { [module.name]: json }, addresses, types);
    return undefined;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return split(error.message.slice(`app_state.${module.name}: `.length));
  }
}

/** `models[0]: owner: …` and `$.models[0].owner: …` both name `.models[0].owner`. */
function split(text: string): Fault {
  const [, path, message] = /^((?:[\w$.[\]]+: )+)([\s\S]*)$/.exec(text) ?? ["", "", text];
  const names = path!
    .split(": ")
    .filter((part) => part !== "")
    .map((part) => part.replace(/^\$\.?/, ""))
    .filter((part) => part !== "");
  return { path: names.map((part) => `.${snake(part)}`).join(""), message: message! };
}

/** Some checks name a field as the code does. */
function snake(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

interface Place {
  readonly field: string;
  /** Of a list's entry. */
  readonly index?: number;
  /** Of a value in an object, such as `params`. */
  readonly inner?: string;
}

function placeOf(path: string): Place | undefined {
  const match = /^\.(\w+)(?:\[(\d+)\])?(?:\.(\w+))?/.exec(path);
  if (!match) return undefined;
  const [, field, index, inner] = match;
  if (index !== undefined) return { field: field!, index: Number(index) };
  return { field: field!, ...(inner === undefined ? {} : { inner }) };
}

/** A module's part whose faults are taken out one by one. */
class Draft {
  #json: Json;
  readonly #defaults: Readonly<Record<string, Json>>;
  /** Of each list, where the entries that are left were. */
  readonly #indexes = new Map<string, number[]>();
  isMended = false;

  constructor(json: Json, { module, types }: Judge) {
    this.#json = json;
    const defaults = toJson(module.genesis!.type, module.genesis!.default(), types);
    this.#defaults = defaults as Readonly<Record<string, Json>>;
  }

  get json(): Json {
    return this.#json;
  }

  /** The path in the file, as it was given. */
  original(path: string): string {
    return path.replace(/^\.(\w+)\[(\d+)\]/, (whole, field: string, index: string) => {
      const was = this.#indexes.get(field)?.[Number(index)];
      return was === undefined ? whole : `.${field}[${was}]`;
    });
  }

  /** False if there is nothing that could be taken out. */
  mend({ field, index, inner }: Place): boolean {
    if (!isObject(this.#json)) return false;
    const key = keyOf(this.#json, field);
    const value = this.#json[key] as Json | undefined;
    if (index !== undefined) {
      if (!Array.isArray(value) || index >= value.length) return false;
      const indexes = this.#indexes.get(field) ?? value.map((_, i) => i);
      this.#indexes.set(field, indexes.toSpliced(index, 1));
      return this.#set(key, value.toSpliced(index, 1));
    }
    if (inner === undefined || !isObject(value)) return this.#set(key, this.#defaults[field]);
    const innerKey = keyOf(value, inner);
    const fallback = (this.#defaults[field] as Readonly<Record<string, Json>> | undefined)?.[inner];
    return this.#set(key, without(value, innerKey, fallback) as Json);
  }

  #set(key: string, value: Json | undefined): boolean {
    const before = JSON.stringify(this.#json);
    this.#json = without(this.#json as Readonly<Record<string, Json>>, key, value) as Json;
    this.isMended = true;
    return JSON.stringify(this.#json) !== before;
  }
}

function without(
  object: Readonly<Record<string, unknown>>,
  key: string,
  replacement: unknown,
): Readonly<Record<string, unknown>> {
  const { [key]: _, ...rest } = object;
  return replacement === undefined ? rest : { ...rest, [key]: replacement };
}

/** The file may have a field's name as the .proto file or as JSON in proto3's way: fee_denom or feeDenom. */
function keyOf(object: Readonly<Record<string, unknown>>, field: string): string {
  return Object.keys(object).find((key) => snake(key) === field) ?? field;
}
