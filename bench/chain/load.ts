/** Load for chains of the Cosmos kind: accounts, pre-signed bank sends, and a sender that keeps so many in flight. */

import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256 } from "@noble/hashes/sha2.js";
import secp256k1 from "secp256k1";
import {
  addressOf,
  defaultRegistry,
  pack,
  signRequest,
  singlePublicKey,
  txBytes,
} from "../../client/index.ts";
import { MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";

export interface LoadAccount {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: string;
}

/** Accounts whose keys are sha256("lab-load:1:i"): the same on both chains and in every run. */
export function loadAccounts(count: number, prefix: string): readonly LoadAccount[] {
  return Array.from({ length: count }, (_, i) => {
    const secret = sha256(new TextEncoder().encode(`lab-load:1:${i}`));
    const publicKey = secp256k1.publicKeyCreate(secret, true);
    return { secret, publicKey, address: addressOf(singlePublicKey(publicKey), prefix) };
  });
}

export interface ChainPlace {
  readonly chainId: string;
  readonly denom: string;
  /** Account number of each account. */
  readonly accountNumbers: readonly bigint[];
  readonly fee: string;
}

/** Sends of 1 unit from each account to the next, `rounds` for each, in an order in which sequences ascend. */
export function signedSends(
  accounts: readonly LoadAccount[],
  rounds: number,
  chain: ChainPlace,
): readonly string[] {
  const registry = defaultRegistry();
  const txs: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [index, account] of accounts.entries()) {
      const to = accounts[(index + 1) % accounts.length]!;
      const message = pack(MsgSend, {
        fromAddress: account.address,
        toAddress: to.address,
        amount: [{ denom: chain.denom, amount: "1" }],
      });
      const content = {
        messages: [message],
        fee: { amount: [{ denom: chain.denom, amount: chain.fee }], gasLimit: 200_000n },
      };
      const place = {
        publicKey: singlePublicKey(account.publicKey),
        sequence: BigInt(round),
        mode: "direct",
      } as const;
      const signing = {
        chainId: chain.chainId,
        accountNumber: chain.accountNumbers[index]!,
        sequence: BigInt(round),
      };
      const { bodyBytes, authInfoBytes, signBytes } = signRequest(
        content,
        [place],
        signing,
        "direct",
        registry,
      );
      const { signature } = secp256k1.ecdsaSign(sha256(signBytes), account.secret);
      txs.push(Buffer.from(txBytes(bodyBytes, authInfoBytes, [signature])).toString("base64"));
    }
  }
  return txs;
}

const TICK_MS = 10;

/** Milliseconds of CPU that a process has used (Linux: /proc/PID/stat, in ticks of 10 ms). */
export function cpuMs(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory of a process, in MiB. */
export function rssMib(pid: number): number {
  const [, pages = "0"] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return (Number(pages) * 4096) / 2 ** 20;
}

function post(url: string, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: "POST", agent, headers: { "content-type": "application/json" } },
      (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.once("end", () => resolve(text));
      },
    );
    call.once("error", reject);
    call.end(body);
  });
}

export class LoadError extends Error {
  override readonly name = "LoadError";
}

export interface LoadResult {
  readonly committed: number;
  readonly seconds: number;
}

/** Sends all transactions over 8 connections and waits until they are in blocks. Time runs from the first to the last. */
export async function sendAll(url: string, txs: readonly string[], inFlight = 4_000): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const first = await height(url);
  let counted = first;
  let committed = 0;
  let sent = 0;
  const began = performance.now();
  const count = async () => {
    const latest = await height(url);
    while (counted < latest) {
      counted++;
      const block = (await (await fetch(`${url}/block?height=${counted}`)).json()) as {
        result: { block: { data: { txs: unknown[] } } };
      };
      committed += block.result.block.data.txs.length;
    }
  };
  const sender = async () => {
    while (sent < txs.length) {
      if (sent - committed > inFlight) {
        await sleep(5);
        continue;
      }
      const tx = txs[sent++]!;
      const answer = await post(
        url,
        agent,
        JSON.stringify({ jsonrpc: "2.0", id: 1, method: "broadcast_tx_sync", params: { tx } }),
      );
      if (!answer.includes('"code":0')) throw new LoadError(`refused: ${answer.slice(0, 400)}`);
    }
  };
  let sending = true;
  const senders = Promise.all(Array.from({ length: 8 }, sender)).finally(() => {
    sending = false;
  });
  const deadline = Date.now() + 300_000;
  while (sending || committed < txs.length) {
    await sleep(50);
    await count();
    if (Date.now() > deadline)
      throw new LoadError(`${committed} of ${txs.length} committed after five minutes`);
  }
  await senders;
  agent.destroy();
  return { committed, seconds: (performance.now() - began) / 1_000 };
}

async function height(url: string): Promise<number> {
  const status = (await (await fetch(`${url}/status`)).json()) as {
    result: { sync_info: { latest_block_height: string } };
  };
  return Number(status.result.sync_info.latest_block_height);
}
