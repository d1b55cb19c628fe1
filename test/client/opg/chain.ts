/** A chain in memory that checks what the SDK sends: signature, sequence, fee; and answers as a node does. */
import { sha256 } from "@noble/hashes/sha2.js";
import { base64 } from "@scure/base";
import { fromHex, toHex } from "../../../chain/runtime/bytes.ts";
import { addressOf, publicKeyFromAny, verifySignature } from "../../../client/keys/index.ts";
import type { AnyMessageType, AnyMethod } from "../../../proto/codec.ts";
import * as auth from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { TxMsgData } from "../../../proto/gen/cosmos.base.abci.v1beta1.ts";
import * as node from "../../../proto/gen/cosmos.base.node.v1beta1.ts";
import * as tx from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";

export const CHAIN_ID = "fake-1";

export interface Verdict {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
}

const OK: Verdict = { code: 0, codespace: "", log: "" };

interface Included {
  readonly height: bigint;
  readonly verdict: Verdict;
  readonly data: Uint8Array;
  readonly bytes: Uint8Array;
}

export class FakeChain {
  /** The only account there is; undefined: none. */
  account: { readonly address: string; readonly accountNumber: bigint; sequence: bigint } | undefined;
  minimumGasPrice = "0.025uopg";
  gasUsed = 100_000n;
  /** Whether simulation sees the last block only, or what waits in the mempool too. Nodes differ. */
  simulatesOn: "block" | "mempool" = "mempool";
  /** Sequence of the mempool's state. */
  checkSequence = 0n;
  height = 5n;
  readonly mempool: { bytes: Uint8Array; hash: string }[] = [];
  readonly included = new Map<string, Included>();
  readonly sent: tx.TxRaw[] = [];
  /** Whether a look at a transaction makes a block first. */
  autoBlocks = true;
  /** What a message answers in its block, or how it fails. */
  execute: (message: Any) => Any | Verdict = () => ({ typeUrl: "/fake.Response", value: new Uint8Array(0) });
  /** Queries beyond the chain's own: a response by the method's path. */
  readonly queries = new Map<string, (request: Uint8Array) => Uint8Array | Verdict>();
  readonly asked: string[] = [];

  constructor(address?: string, sequence = 0n) {
    if (address === undefined) return;
    this.account = { address, accountNumber: 7n, sequence };
    this.checkSequence = sequence;
  }

  readonly fetch: typeof fetch = async (_url, init) => {
    const { method, params } = JSON.parse(String(init?.body)) as {
      method: string;
      params: Record<string, string>;
    };
    this.asked.push(method);
    const body = this.#answer(method, params);
    return new Response(JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }));
  };

  on<Method extends AnyMethod>(
    method: Method,
    answer: (request: ReturnType<Method["request"]["decode"]>) => object | Verdict,
  ): void {
    this.queries.set(method.path, (bytes) => {
      const given = answer(method.request.decode(bytes) as never);
      return "codespace" in given
        ? (given as Verdict)
        : method.response.encode((method.response as AnyMessageType).create(given));
    });
  }

  #answer(method: string, params: Record<string, string>): object {
    switch (method) {
      case "status":
        return { result: this.#status() };
      case "abci_query":
        return { result: { response: this.#query(params["path"]!, fromHex(params["data"]!)!) } };
      case "broadcast_tx_sync":
        return { result: this.#broadcast(base64.decode(params["tx"]!)) };
      case "tx":
        return this.#tx(toHex(base64.decode(params["hash"]!)).toUpperCase());
      default:
        return { error: { code: -32601, message: "Method not found" } };
    }
  }

  #status(): object {
    return {
      node_info: { network: CHAIN_ID, id: "00", moniker: "fake", version: "0.39.0" },
      sync_info: {
        latest_block_hash: "",
        latest_app_hash: "",
        latest_block_height: String(this.height),
        latest_block_time: "2026-01-01T00:00:00Z",
        catching_up: false,
      },
      validator_info: { address: "", voting_power: "0" },
    };
  }

  #query(path: string, data: Uint8Array): object {
    const reply = (value: Uint8Array | Verdict) =>
      value instanceof Uint8Array
        ? { ...OK, key: null, value: base64.encode(value), height: String(this.height) }
        : { ...value, key: null, value: null, height: String(this.height) };
    const own = this.queries.get(path);
    if (own) return reply(own(data));
    switch (path) {
      case auth.Query.methods.AccountInfo.path: {
        const { address } = auth.QueryAccountInfoRequest.decode(data);
        if (this.account?.address !== address)
          return reply({ code: 22, codespace: "sdk", log: `account ${address} not found` });
        return reply(
          auth.QueryAccountInfoResponse.encode({ info: auth.BaseAccount.create({ ...this.account }) }),
        );
      }
      case node.Service.methods.Config.path:
        return reply(
          node.ConfigResponse.encode(node.ConfigResponse.create({ minimumGasPrice: this.minimumGasPrice })),
        );
      case tx.Service.methods.Simulate.path: {
        const raw = tx.TxRaw.decode(tx.SimulateRequest.decode(data).txBytes);
        const simulated = this.simulatesOn === "block" ? this.account!.sequence : this.checkSequence;
        const fault =
          this.#sequenceFault(raw, simulated) ?? this.#failure(tx.TxBody.decode(raw.bodyBytes).messages);
        if (fault) return reply(fault);
        return reply(
          tx.SimulateResponse.encode({
            gasInfo: { gasWanted: 0n, gasUsed: this.gasUsed },
            result: undefined,
          }),
        );
      }
      default:
        return reply({ code: 6, codespace: "sdk", log: `unknown query path ${path}` });
    }
  }

  #sequenceFault(raw: tx.TxRaw, expected = this.checkSequence): Verdict | undefined {
    const [info] = tx.AuthInfo.decode(raw.authInfoBytes, { strict: true }).signerInfos;
    if (info?.sequence === expected) return undefined;
    return {
      code: 32,
      codespace: "sdk",
      log: `account sequence mismatch, expected ${expected}, got ${info?.sequence}: incorrect account sequence`,
    };
  }

  #check(bytes: Uint8Array): Verdict {
    const raw = tx.TxRaw.decode(bytes, { strict: true });
    this.sent.push(raw);
    const { signerInfos, fee } = tx.AuthInfo.decode(raw.authInfoBytes, { strict: true });
    const fault = this.#sequenceFault(raw);
    if (fault) return fault;
    const key = publicKeyFromAny(signerInfos[0]!.publicKey!);
    const doc = {
      bodyBytes: raw.bodyBytes,
      authInfoBytes: raw.authInfoBytes,
      chainId: CHAIN_ID,
      accountNumber: this.account!.accountNumber,
    };
    const signed =
      key.type === "secp256k1" && verifySignature(key.key, tx.SignDoc.encode(doc), raw.signatures[0]!);
    if (!signed || addressOf(key, "opg") !== this.account!.address)
      return { code: 4, codespace: "sdk", log: "unauthorized" };
    if (this.minimumGasPrice !== "" && BigInt(fee!.amount[0]?.amount ?? 0) * 40n < fee!.gasLimit) {
      return { code: 13, codespace: "sdk", log: "insufficient fee" };
    }
    return OK;
  }

  #broadcast(bytes: Uint8Array): object {
    const verdict = this.#check(bytes);
    const hash = toHex(sha256(bytes)).toUpperCase();
    if (verdict.code === 0) {
      this.mempool.push({ bytes, hash });
      this.checkSequence++;
    }
    return { ...verdict, data: "", hash };
  }

  #failure(messages: readonly Any[]): Verdict | undefined {
    for (const message of messages) {
      const answer = this.execute(message);
      if ("codespace" in answer) return answer;
    }
    return undefined;
  }

  makeBlock(): void {
    this.height++;
    for (const { bytes, hash } of this.mempool.splice(0)) {
      const { messages } = tx.TxBody.decode(tx.TxRaw.decode(bytes).bodyBytes);
      const answers = messages.map(this.execute);
      const failed = answers.find((each): each is Verdict => "codespace" in each);
      const data = TxMsgData.encode({ data: [], msgResponses: failed ? [] : (answers as Any[]) });
      this.included.set(hash, { height: this.height, verdict: failed ?? OK, data, bytes });
      this.account!.sequence++;
    }
    this.checkSequence = this.account?.sequence ?? 0n;
  }

  #tx(hash: string): object {
    if (this.autoBlocks && this.mempool.length > 0) this.makeBlock();
    const found = this.included.get(hash);
    if (!found) return { error: { code: -32603, message: "Internal error", data: `tx (${hash}) not found` } };
    const { verdict, data, height, bytes } = found;
    const result = {
      ...verdict,
      data: base64.encode(data),
      info: "",
      gas_wanted: "0",
      gas_used: "0",
      events: [],
    };
    return {
      result: { hash, height: String(height), index: 0, tx_result: result, tx: base64.encode(bytes) },
    };
  }
}
