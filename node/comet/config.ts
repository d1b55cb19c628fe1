/** CometBFT's config.toml: the file we write, and changes to single settings that leave the rest as it was. */
import { parse } from "smol-toml";
import { CometError } from "./errors.ts";

export type SettingValue = string | number | boolean | readonly string[];

/** Settings by dotted name, such as `p2p.laddr`; those before the first section have no dot, such as `moniker`. */
export type Settings = Readonly<Record<string, SettingValue>>;

function tomlValue(name: string, value: SettingValue): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new CometError("BAD_SETTING", `${name} = ${value}: TOML numbers here are finite`);
  }
  if (typeof value === "object") return `[${value.map((each) => JSON.stringify(each)).join(", ")}]`;
  // JSON's string escapes are a subset of TOML's basic strings.
  return JSON.stringify(value);
}

/**
 * Replaces the values of settings in the text of a config.toml. Comments, order and everything else stay.
 * Every setting named must be there already, on one line, as in every file that CometBFT or we write.
 * @throws CometError BAD_SETTING naming the setting that is not there
 */
export function setSettings(text: string, settings: Settings): string {
  const wanted = new Map(Object.entries(settings));
  let section = "";
  const lines = text.split("\n").map((line) => {
    const header = /^\s*\[\[?([^\]]+)\]\]?\s*(?:#.*)?$/.exec(line);
    if (header) {
      section = header[1]!.trim();
      return line;
    }
    const key = /^(\s*)([A-Za-z0-9_-]+)(\s*=\s*)/.exec(line);
    if (!key) return line;
    const name = section === "" ? key[2]! : `${section}.${key[2]}`;
    const value = wanted.get(name);
    if (value === undefined) return line;
    wanted.delete(name);
    return `${key[1]}${key[2]}${key[3]}${tomlValue(name, value)}`;
  });
  const missing = [...wanted.keys()];
  if (missing.length > 0) {
    throw new CometError(
      "BAD_SETTING",
      `config.toml has no setting ${missing.join(", ")}: check the name and section, as in p2p.laddr`,
    );
  }
  return lines.join("\n");
}

/** The value of one setting by dotted name; undefined if the file does not have it. @throws CometError BAD_HOME */
export function getSetting(text: string, name: string): unknown {
  let at: unknown;
  try {
    at = parse(text);
  } catch (error) {
    throw new CometError("BAD_HOME", `config.toml is not TOML: ${(error as Error).message}`, {
      cause: error,
    });
  }
  for (const part of name.split(".")) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

/**
 * How CometBFT is told of an ABCI server: its gRPC client takes host:port without a scheme.
 * @param address what `startServer` answered, `unix:///path` or `tcp://host:port`
 */
export function proxyApp(address: string, transport: "socket" | "grpc"): string {
  return transport === "grpc" ? address.replace(/^tcp:\/\//, "") : address;
}

/** Settings of a chain whose validators all run on this machine: blocks in tenths of a second, strict address book off. */
export const localSettings: Settings = {
  "p2p.addr_book_strict": false,
  "p2p.allow_duplicate_ip": true,
  "p2p.flush_throttle_timeout": "1ms",
  "consensus.timeout_propose": "1s",
  "consensus.timeout_prevote": "300ms",
  "consensus.timeout_precommit": "300ms",
  "consensus.timeout_commit": "200ms",
};
