/** A chain small enough to judge by hand, for tests of the embedded engine. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Application } from "../../../abci/index.ts";
import { baseApplication } from "../../../abci/index.ts";
import { consensusParamsToJson, type GenesisDocument } from "../../../genesis/index.ts";
import type { SignedState } from "../../../node/solo/index.ts";
import * as abci from "../../../proto/gen/tendermint.abci.ts";
import { ConsensusParams } from "../../../proto/gen/tendermint.types.ts";

export const seed = sha256(new TextEncoder().encode("solo"));
export const pub = ed25519.getPublicKey(seed);
export const key = { pub, priv: new Uint8Array([...seed, ...pub]) };
export const CHAIN = "solo-1";
export const START = 1_700_000_000n;

export const genesis: GenesisDocument = {
  genesis_time: "2023-11-14T22:13:20Z",
  chain_id: CHAIN,
  initial_height: "1",
  app_hash: "",
  consensus_params: consensusParamsToJson(
    ConsensusParams.create({
      block: { maxBytes: 200_000n, maxGas: -1n },
      evidence: { maxAgeNumBlocks: 10n, maxAgeDuration: { seconds: 10n, nanos: 0 }, maxBytes: 1_000n },
      validator: { pubKeyTypes: ["ed25519"] },
    }),
  ),
  app_state: {},
};

/** Counts: its hash is over the height and all transactions so far. What is committed outlives the engine. */
export class Chain {
  height = 0n;
  hash = new Uint8Array(0);
  executed: string[] = [];
  #next: { height: bigint; hash: Uint8Array } | undefined;
  power: ((height: bigint) => bigint | undefined) | undefined;
  other: ((height: bigint) => boolean) | undefined;
  failAt: "finalize" | "commit" | undefined;

  /** Makes the block that is under way come to `hash`. */
  keep(hash: Uint8Array<ArrayBuffer>): void {
    this.#next = { height: this.#next!.height, hash };
  }

  readonly app: Application = {
    ...baseApplication,
    info: () => abci.ResponseInfo.create({ lastBlockHeight: this.height, lastBlockAppHash: this.hash }),
    initChain: () =>
      abci.ResponseInitChain.create({ validators: [{ pubKey: { ed25519: pub } as never, power: 10n }] }),
    finalizeBlock: (request) => {
      if (this.failAt === "finalize") throw new TypeError("killed");
      const text = request.txs.map((tx) => Buffer.from(tx).toString()).join(",");
      this.executed.push(`${request.height}:${text}`);
      const hash = sha256(
        new TextEncoder().encode(`${Buffer.from(this.hash).toString("hex")}${request.height}${text}`),
      );
      this.#next = { height: request.height, hash };
      const power = this.power?.(request.height);
      const updates = power === undefined ? [] : [{ pubKey: { ed25519: pub } as never, power }];
      if (this.other?.(request.height)) updates.push({ pubKey: { ed25519: seed } as never, power: 1n });
      return abci.ResponseFinalizeBlock.create({
        appHash: hash,
        validatorUpdates: updates,
        txResults: request.txs.map((tx) =>
          abci.ExecTxResult.create({ data: tx, gasUsed: 7n, log: "not hashed" }),
        ),
      });
    },
    commit: () => {
      if (this.failAt === "commit") throw new TypeError("killed");
      Object.assign(this, this.#next);
      return abci.ResponseCommit.create();
    },
  };
}

/** What the key signed last, in memory, with every height in order. */
export class Signed implements SignedState {
  readonly heights: bigint[] = [];
  /** What the home's file said before. */
  before = 0n;
  get height(): bigint {
    return this.heights.at(-1) ?? this.before;
  }
  async save(height: bigint): Promise<void> {
    this.heights.push(height);
  }
}

/** The genesis of a chain that extends votes from a height on. */
export const extendedFrom = (height: string): GenesisDocument => ({
  ...genesis,
  consensus_params: { ...genesis.consensus_params, abci: { vote_extensions_enable_height: height } },
});
