/** The example kvstore as networks run it, and what tests ask of it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkGrammar } from "../abci/grammar.ts";
import { parseRecording } from "../abci/recorder.ts";
import { type AppCommand, type Net, type NodePlace, tsx } from "./net.ts";

export type Wire = "unix socket" | "tcp socket" | "gRPC over tcp" | "gRPC over unix";

export function command(node: NodePlace, wire: Wire): AppCommand {
  const transport = wire.startsWith("gRPC") ? "grpc" : "socket";
  const address = wire.includes("unix")
    ? `unix://${join(node.folder, "abci.sock")}`
    : `tcp://127.0.0.1:${node.abciPort}`;
  const recording = join(node.folder, "calls.txt");
  return { ...tsx("test/e2e/kvstore-app.ts", address, transport, recording), address, transport };
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

export async function send(net: Net, index: number, tx: string): Promise<bigint> {
  const { tx_result: result, height } = await net.rpc<{ tx_result: { code: number }; height: string }>(
    index,
    "broadcast_tx_commit",
    { tx: base64(tx) },
  );
  if (result.code !== 0) throw new RangeError(`${tx} was answered with code ${result.code}`);
  return BigInt(height);
}

export async function read(net: Net, index: number, key: string): Promise<string> {
  const data = Buffer.from(key).toString("hex");
  const { response } = await net.rpc<{ response: { value: string | null } }>(index, "abci_query", { data });
  return Buffer.from(response.value ?? "", "base64").toString();
}

export const grammarOf = async (node: NodePlace) =>
  checkGrammar(parseRecording(await readFile(join(node.folder, "calls.txt"), "utf8")));
