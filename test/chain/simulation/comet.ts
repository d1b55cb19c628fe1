/** What CometBFT does around the application: it keeps the validators, asks them to sign, and reports those who cheat. */
import { sha256 } from "@noble/hashes/sha2.js";
import { fromHex, toHex } from "../../../chain/runtime/bytes.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import {
  type Misbehavior,
  MisbehaviorType,
  type ValidatorUpdate,
  type VoteInfo,
} from "../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../proto/gen/tendermint.types.ts";

/** Power by consensus address, in hex. */
type Powers = ReadonlyMap<string, bigint>;

/** Somebody who signed two blocks of one height. */
export interface Cheat {
  /** Consensus address, in hex. */
  readonly address: string;
  /** How many blocks before the one that reports it. */
  readonly back: number;
  readonly light: boolean;
}

/** Source: CometBFT spec/abci: updates of block H rule from H + 2 on, and block H + 1 holds the votes on H. */
export class Comet {
  /** The validators of each height that may still be asked for. */
  readonly #sets = new Map<bigint, Powers>();
  readonly #times = new Map<bigint, Timestamp>();
  readonly #first: bigint;

  constructor(first: bigint, initial: readonly ValidatorUpdate[]) {
    this.#first = first;
    const set = changed(new Map(), initial);
    this.#sets.set(first, set);
    this.#sets.set(first + 1n, set);
  }

  /** Those that sign block `height`, the strongest first. */
  validators(height: bigint): readonly (readonly [address: string, power: bigint])[] {
    const set = this.#sets.get(height) ?? new Map<string, bigint>();
    return [...set].sort((a, b) => (a[1] === b[1] ? (a[0] < b[0] ? -1 : 1) : a[1] > b[1] ? -1 : 1));
  }

  /** The votes on the block before `height`, which it holds. */
  votes(height: bigint, absent: ReadonlySet<string>): readonly VoteInfo[] {
    if (height === this.#first) return [];
    return this.validators(height - 1n).map(([address, power]) => ({
      validator: { address: fromHex(address)!, power },
      blockIdFlag: absent.has(address) ? BlockIDFlag.BLOCK_ID_FLAG_ABSENT : BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
    }));
  }

  proposer(height: bigint, position: number): Uint8Array {
    const set = this.validators(height);
    return fromHex(set[position % set.length]![0])!;
  }

  /** Nothing of a cheat who was no validator at that height: CometBFT would not have taken the evidence. */
  misbehavior(height: bigint, { address, back, light }: Cheat): readonly Misbehavior[] {
    const at = height - BigInt(back);
    const power = this.#sets.get(at)?.get(address);
    const time = this.#times.get(at);
    if (power === undefined || time === undefined) return [];
    return [
      {
        type: light ? MisbehaviorType.LIGHT_CLIENT_ATTACK : MisbehaviorType.DUPLICATE_VOTE,
        validator: { address: fromHex(address)!, power },
        height: at,
        time,
        totalVotingPower: this.validators(at).reduce((sum, [, each]) => sum + each, 0n),
      },
    ];
  }

  /** @throws TypeError if nobody is left, which ends a chain */
  finalized(height: bigint, time: Timestamp, updates: readonly ValidatorUpdate[]): void {
    this.#times.set(height, time);
    const next = changed(this.#sets.get(height + 1n)!, updates);
    if (next.size === 0) throw new TypeError(`the updates of block ${height} leave no validator`);
    this.#sets.set(height + 2n, next);
    this.#sets.delete(height - 100n);
    this.#times.delete(height - 100n);
  }
}

/** @throws TypeError for an update that makes CometBFT stop. Source: CometBFT types/validator_set.go updateWithChangeSet */
function changed(before: Powers, updates: readonly ValidatorUpdate[]): Powers {
  const set = new Map(before);
  const seen = new Set<string>();
  for (const { pubKey, power } of updates) {
    const address = toHex(sha256(pubKey?.ed25519 ?? new Uint8Array(0)).slice(0, 20));
    if (seen.has(address)) throw new TypeError(`two updates of validator ${address} in one block`);
    seen.add(address);
    if (power < 0n) throw new TypeError(`validator ${address} gets power ${power}`);
    if (power === 0n && !set.has(address))
      throw new TypeError(`validator ${address} is removed and was none`);
    if (power === 0n) set.delete(address);
    else set.set(address, power);
  }
  return set;
}
