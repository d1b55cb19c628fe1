/** The Go chain: simd of bench/peers/simd (Cosmos SDK v0.55) as a process of its own, driven over ABCI's socket. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { field, message } from "../../../../proto/codec.ts";
import type * as abci from "../../../../proto/gen/tendermint.abci.ts";
import type { Json, JsonObject } from "../../../../proto/json.ts";
import { AbciClient } from "../../../abci/client.ts";
import { CHAIN_ID, DENOM } from "./cast.ts";
import { initRequest, type Pairs, type PlayChain } from "./chains.ts";
import { PREFIXES, type StoreName } from "./dump.ts";

/** simd, built once. */
export function simdBinary(): string {
  const given = process.env["SIMD_BIN"];
  if (given) return given;
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "opg-chain");
  const binary = join(folder, "simd-v0.55");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const source = fileURLToPath(new URL("../../../../bench/peers/simd", import.meta.url));
  console.error("building simd once (some minutes)");
  execFileSync("go", ["build", "-o", binary, "."], { cwd: source, stdio: "inherit" });
  return binary;
}

interface Pair {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
const Pair = message<Pair>("cosmos.store.internal.kv.v1beta1.Pair", () => [
  field(1, "key", "bytes"),
  field(2, "value", "bytes"),
]);
const PairsMessage = message<{ readonly pairs: readonly Pair[] }>(
  "cosmos.store.internal.kv.v1beta1.Pairs",
  () => [field(1, "pairs", Pair, { repeated: true })],
);

/** The common genesis with what v0.55 alone has. */
function theirGenesis(
  defaults: Record<string, JsonObject>,
  common: Record<string, JsonObject>,
): Record<string, Json> {
  const withParams = (name: string, more: JsonObject): JsonObject => ({
    ...common[name]!,
    params: { ...(common[name]!["params"] as JsonObject), ...more },
  });
  return {
    ...defaults,
    ...common,
    auth: withParams("auth", { sig_verify_cost_mldsa65: "750" }),
    staking: withParams("staking", { key_rotation_fee: { denom: DENOM, amount: "1000000" } }),
    mint: withParams("mint", { max_supply: "0" }),
  };
}

export async function openPeer(): Promise<PlayChain> {
  const binary = simdBinary();
  const home = mkdtempSync(join(tmpdir(), "simd-play-"));
  const init = ["init", "play", "--chain-id", CHAIN_ID, "--default-denom", DENOM, "--home", home];
  execFileSync(binary, init, { stdio: "ignore" });
  const file = JSON.parse(readFileSync(join(home, "config/genesis.json"), "utf8")) as {
    app_state: Record<string, JsonObject>;
  };
  const socket = `unix://${join(home, "abci.sock")}`;
  const flags = ["--home", home, "--with-comet=false", "--transport", "socket", "--address", socket];
  const quiet = ["--log_level", "error", "--grpc.enable=false", "--api.enable=false"];
  const child = spawn(binary, ["start", ...flags, ...quiet], { stdio: ["ignore", "pipe", "pipe"] });
  // Told only if something goes wrong: it grumbles whenever a client leaves.
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Uint8Array) => {
      log = `${log}${new TextDecoder().decode(chunk)}`.slice(-8_000);
    });
  while (!existsSync(socket.slice(7))) {
    if (child.exitCode !== null)
      throw new TypeError(`simd ended with ${child.exitCode} before it listened: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const client = await AbciClient.open(socket);

  const call = async (request: Partial<abci.Request>): Promise<abci.Response> => {
    client.received.length = 0;
    client.send(request, { flush: {} });
    const [answer] = await client.responses(2);
    if (!answer) throw new TypeError(`simd closed the connection: ${log}`);
    if (answer.exception) throw new TypeError(`simd: ${answer.exception.error}`);
    return answer;
  };
  const query = async (path: string, data: Uint8Array) => {
    const request = { path, data, height: 0n, prove: false };
    return (await call({ query: request })).query!;
  };
  return {
    name: "simd",
    init: async (common) =>
      (await call({ initChain: initRequest(theirGenesis(file.app_state, common)) })).initChain!,
    finalize: async (request) => (await call({ finalizeBlock: request })).finalizeBlock!,
    commit: async () => {
      await call({ commit: {} });
    },
    query,
    pairs: async (store) => {
      const all: (readonly [Uint8Array, Uint8Array])[] = [];
      for (const prefix of PREFIXES[store as StoreName]) {
        const answer = await query(`/store/${store}/subspace`, Uint8Array.of(prefix));
        if (answer.code !== 0) throw new TypeError(`/store/${store}/subspace: ${answer.log}`);
        for (const { key, value } of PairsMessage.decode(answer.value).pairs) all.push([key, value]);
      }
      return all satisfies Pairs;
    },
    cpu: () => {
      // Linux: fields 14 and 15, after the name in brackets, in hundredths of a second.
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    close: async () => {
      client.close();
      if (child.exitCode === null) {
        child.kill();
        await once(child, "exit");
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}
