/**
 * The states that calls work on, as branches of the store:
 *
 *   committed ── check branch        CheckTx, kept from commit to commit, so that a sender's transactions may queue up
 *       │ └───── proposal branch     PrepareProposal and ProcessProposal, dropped after the call
 *       └─────── block branch        FinalizeBlock, written into the working state, made durable by Commit
 *
 * A branch reads through to the working state: from FinalizeBlock to Commit, CheckTx sees the block where it changed nothing
 * itself. That decides no block, and Commit begins a new check branch.
 *
 * Before block 1 the state of genesis stands on a branch of its own, below all of these.
 */
import { CommitInfo } from "../../proto/gen/tendermint.abci.ts";
import type { BlockInfo } from "../runtime/context.ts";
import { SdkError } from "../runtime/errors.ts";
import { timeOf } from "../store/commitinfo.ts";
import type { MultiStore } from "../store/multistore.ts";
import type { Branch, View } from "../store/types.ts";

const NO_COMMIT = CommitInfo.create();
export const NO_TIME: BlockInfo["time"] = { seconds: 0n, nanos: 0 };

export class States {
  readonly #chainId: string;
  readonly #store: MultiStore;
  /** State of genesis, from InitChain until block 1 takes it in. */
  #genesis: Branch | undefined;
  /** Height of the first block, once InitChain has said it. */
  #initialHeight: bigint | undefined;
  #check: Branch;
  #checkBlock: BlockInfo;

  constructor(options: { readonly chainId: string }, deps: { readonly store: MultiStore }) {
    this.#chainId = options.chainId;
    this.#store = deps.store;
    this.#check = deps.store.branch();
    this.#checkBlock = this.blockAt(deps.store.version, deps.store.time ?? NO_TIME);
  }

  /** A new branch of the state that the next block starts from. */
  base(): Branch {
    return this.#genesis ? this.#genesis.branch() : this.#store.branch();
  }

  get check(): Branch {
    return this.#check;
  }

  /** The block that the check state comes after. */
  get checkBlock(): BlockInfo {
    return this.#checkBlock;
  }

  /** Height of the block that may come next; undefined before InitChain. */
  get nextHeight(): bigint | undefined {
    const { version } = this.#store;
    return version > 0n ? version + 1n : this.#initialHeight;
  }

  /** Begins with the state of genesis, made on a branch of the empty store. */
  begin(genesis: Branch, initialHeight: bigint, time: BlockInfo["time"]): void {
    this.#genesis = genesis;
    this.#initialHeight = initialHeight;
    this.resetCheck(this.blockAt(initialHeight - 1n, time));
  }

  /** Writes a block's state, a branch of `base`, into the working state. */
  write(block: Branch): void {
    block.write();
    if (!this.#genesis) return;
    this.#genesis.write();
    this.#genesis = undefined;
    // The check branch stood on it.
    this.resetCheck(this.#checkBlock);
  }

  /** A new check state, after `block`. */
  resetCheck(block: BlockInfo): void {
    this.#check = this.base();
    this.#checkBlock = block;
  }

  /** The committed state at `height`, 0 for the latest. @throws SdkError.invalidHeight, StoreError if it is not kept */
  view(height: bigint): View {
    const { version } = this.#store;
    if (height < 0n) throw SdkError.invalidHeight(`height: ${height} is negative`);
    if (version === 0n)
      throw SdkError.invalidHeight("height: the chain has no block yet; ask again after the first");
    return this.#store.at(height === 0n ? version : height);
  }

  /** The block of a view. Only what a snapshot restored has no time, until the block after it. */
  blockOf({ version, info }: View): BlockInfo {
    return this.blockAt(version, timeOf(info) ?? NO_TIME);
  }

  blockAt(height: bigint, time: BlockInfo["time"]): BlockInfo {
    return {
      chainId: this.#chainId,
      height,
      time,
      hash: new Uint8Array(0),
      proposerAddress: new Uint8Array(0),
      lastCommit: NO_COMMIT,
      misbehavior: [],
    };
  }
}
