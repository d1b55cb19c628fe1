/** Where verified blocks are kept, so that the next verification starts from the nearest one. */
import { LightBlock as ProtoLightBlock } from "../../proto/gen/tendermint.types.ts";
import type { LightBlock } from "../rpc/types.ts";
import { LightError } from "./errors.ts";

/** Holds verified blocks only. What is in it is trusted: keep it where nobody else writes. */
export interface LightStore {
  /** In ascending order. */
  heights(): Promise<readonly bigint[]>;
  get(height: bigint): Promise<LightBlock | undefined>;
  put(block: LightBlock): Promise<void>;
}

/** Keeps up to `limit` blocks in memory: the first and the newest ones. */
export class MemoryLightStore implements LightStore {
  readonly #blocks = new Map<bigint, LightBlock>();
  readonly #limit: number;

  constructor(limit = 1000) {
    this.#limit = Math.max(2, limit);
  }

  async heights(): Promise<readonly bigint[]> {
    return [...this.#blocks.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  async get(height: bigint): Promise<LightBlock | undefined> {
    return this.#blocks.get(height);
  }

  async put(block: LightBlock): Promise<void> {
    this.#blocks.set(block.header.height, block);
    while (this.#blocks.size > this.#limit) {
      const [, second] = await this.heights();
      if (second === undefined) return;
      this.#blocks.delete(second);
    }
  }
}

/** As `tendermint.types.LightBlock`, for stores that keep bytes. */
export function encodeLightBlock({ header, commit, validators }: LightBlock): Uint8Array {
  return ProtoLightBlock.encode({
    signedHeader: { header, commit },
    validatorSet: { validators, proposer: undefined, totalVotingPower: 0n },
  });
}

/** @throws WireError if the bytes are no encoding; LightError if parts are missing */
export function decodeLightBlock(bytes: Uint8Array): LightBlock {
  const { signedHeader, validatorSet } = ProtoLightBlock.decode(bytes);
  if (!signedHeader?.header || !signedHeader.commit || !validatorSet) {
    throw new LightError("bad_options", "the stored light block lacks its header, commit or validators");
  }
  return { header: signedHeader.header, commit: signedHeader.commit, validators: validatorSet.validators };
}
