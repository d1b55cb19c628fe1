/** Makes the blocks of a play, one after another, by what the first chain holds. */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../../../../chain/runtime/bytes.ts";
import { signTx } from "../../../../client/index.ts";
import { Query as AuthQuery } from "../../../../proto/gen/cosmos.auth.v1beta1.ts";
import {
  RequestFinalizeBlock,
  type ResponseFinalizeBlock,
  type ValidatorUpdate,
} from "../../../../proto/gen/tendermint.abci.ts";
import { type Actor, actors, CHAIN_ID, DENOM, TIP } from "./cast.ts";
import type { PlayChain } from "./chains.ts";
import { Consensus } from "./consensus.ts";
import { ask } from "./dump.ts";
import { types } from "./genesis.ts";
import { nextOperation, setScene } from "./operations.ts";
import { Random } from "./random.ts";

/** Enough for the largest operation on either chain: gas is counted a little differently, and must decide nothing. */
const GAS = 3_000_000n;

export class Play {
  readonly #random: Random;
  readonly #chain: PlayChain;
  readonly #consensus: Consensus;
  #height = 0n;

  /** @param chain the one that the operations look at */
  constructor(seed: number, chain: PlayChain, genesis: readonly ValidatorUpdate[]) {
    this.#random = new Random(seed);
    this.#chain = chain;
    this.#consensus = new Consensus(this.#random, genesis);
  }

  async next(): Promise<RequestFinalizeBlock> {
    this.#height += 1n;
    const height = this.#height;
    return RequestFinalizeBlock.create({
      height,
      time: this.#consensus.nextTime(height),
      proposerAddress: this.#consensus.proposer(height),
      decidedLastCommit: { round: 0, votes: this.#consensus.votes(height) },
      misbehavior: this.#consensus.misbehavior(height),
      // The first block commits genesis: before it there is nothing to look at.
      txs: height === 1n ? [] : await this.#transactions(),
      hash: sha256(utf8(`play ${height}`)),
      nextValidatorsHash: sha256(utf8(`set ${height}`)),
    });
  }

  /** Takes in what the block did. */
  done({ validatorUpdates }: ResponseFinalizeBlock): void {
    this.#consensus.apply(this.#height, validatorUpdates);
  }

  async #transactions(): Promise<Uint8Array[]> {
    const scene = await setScene(this.#chain, this.#random);
    const txs: Uint8Array[] = [];
    const sequences = new Map<string, bigint>();
    for (let left = this.#random.below(5); left > 0; left--) {
      const operation = await nextOperation(scene);
      if (!operation) continue;
      const { actor, messages } = operation;
      const sequence = sequences.get(actor.address) ?? (await this.#sequence(actor));
      sequences.set(actor.address, sequence + 1n);
      const party = {
        signer: actor.signer,
        chainId: CHAIN_ID,
        accountNumber: actor.accountNumber,
        sequence,
        mode: this.#random.once(5) ? ("amino" as const) : ("direct" as const),
      };
      txs.push(await signTx({ messages, fee: { amount: this.#fee(), gasLimit: GAS } }, [party], types));
    }
    return txs;
  }

  #fee() {
    const amount = [{ denom: DENOM, amount: this.#random.amount(6).toString() }];
    if (this.#random.once(3)) amount.push({ denom: TIP, amount: this.#random.amount(5).toString() });
    return amount;
  }

  async #sequence({ address }: Actor): Promise<bigint> {
    return (await ask(this.#chain, AuthQuery.methods.AccountInfo, { address })).info!.sequence;
  }
}

/** Names of all who sign, for messages. */
export const nameOf = (address: string): string =>
  actors.find((actor) => actor.address === address)?.name ?? address;
