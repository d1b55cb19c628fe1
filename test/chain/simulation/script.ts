/** What happened in a simulation, block by block: enough to make the same blocks again, as text that people can read. */
import { defaultRegistry } from "../../../client/index.ts";
import { Any } from "../../../proto/gen/google.protobuf.ts";
import { fromJson, type Json, toJson } from "../../../proto/json.ts";
import type { Cheat } from "./comet.ts";
import type { Words } from "./words.ts";

export interface ScriptTx {
  /** Names of the operations that it is made of. */
  readonly does: readonly string[];
  /** Names of those who sign. */
  readonly by: readonly string[];
  readonly messages: readonly Any[];
  readonly fee: bigint;
  readonly gas: bigint;
  /** Name of who pays the fee, if not the first signer. */
  readonly granter?: string;
  /** A bit that is turned over on the way: a place in the bytes (in parts of 65,536) and its bit. */
  readonly garbled?: readonly [place: number, bit: number];
  /** It went through one node's mempool. */
  readonly seen: boolean;
}

export interface ScriptBlock {
  /** Since the block before. */
  readonly seconds: number;
  /** Place of the proposer among the validators, the strongest first. */
  readonly proposer: number;
  /** Consensus addresses of those who did not sign the block before, in hex. */
  readonly absent: readonly string[];
  readonly cheats: readonly Cheat[];
  /** What validators said in their votes for the block before; nobody anything where it is left out. */
  readonly words?: Words;
  readonly txs: readonly ScriptTx[];
  /** The second node starts again before the block. */
  readonly restart: boolean;
  /** The block goes through PrepareProposal and ProcessProposal. */
  readonly propose: boolean;
  /** After the block the state is exported, and a third chain starts from it. */
  readonly exported: boolean;
}

export interface Script {
  /** Decides the genesis. */
  readonly seed: number;
  readonly blocks: readonly ScriptBlock[];
}

const registry = defaultRegistry();

/** A line a transaction. */
export function scriptToText({ seed, blocks }: Script): string {
  const lines = blocks.map(({ txs, ...block }) => {
    const shown = txs.map(({ messages, fee, gas, ...tx }) => {
      const json = messages.map((message) => toJson(Any, message, registry));
      return `    ${JSON.stringify({ ...tx, fee: fee.toString(), gas: gas.toString(), messages: json })}`;
    });
    const head = JSON.stringify(block).slice(0, -1);
    return `${head},"txs":[${shown.length === 0 ? "" : `\n${shown.join(",\n")}\n  `}]}`;
  });
  return `{"seed":${seed},"blocks":[\n  ${lines.join(",\n  ")}\n]}\n`;
}

type TxText = Omit<ScriptTx, "messages" | "fee" | "gas"> & {
  readonly fee: string;
  readonly gas: string;
  readonly messages: readonly Json[];
};

export function scriptFromText(text: string): Script {
  const { seed, blocks } = JSON.parse(text) as {
    readonly seed: number;
    readonly blocks: readonly (Omit<ScriptBlock, "txs"> & { readonly txs: readonly TxText[] })[];
  };
  return {
    seed,
    blocks: blocks.map((block) => ({
      ...block,
      txs: block.txs.map((tx) => ({
        ...tx,
        fee: BigInt(tx.fee),
        gas: BigInt(tx.gas),
        messages: tx.messages.map((json) => fromJson(Any, json, registry)),
      })),
    })),
  };
}
