/** What CometBFT would do: which validators are in force, who signs, who is absent, who signs twice. */
import { sha256 } from "@noble/hashes/sha2.js";
import { compareBytes, toHex } from "../../../../chain/runtime/bytes.ts";
import type { Timestamp } from "../../../../proto/gen/google.protobuf.ts";
import {
  type Misbehavior,
  MisbehaviorType,
  type ValidatorUpdate,
  type VoteInfo,
} from "../../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../../proto/gen/tendermint.types.ts";
import { START } from "./genesis.ts";
import type { Random } from "./random.ts";

interface Member {
  readonly address: Uint8Array;
  readonly power: bigint;
}

type Members = ReadonlyMap<string, Member>;

/** Changes that a block returns are in force two blocks later. */
const DELAY = 2n;

export class Consensus {
  readonly #random: Random;
  readonly #sets = new Map<bigint, Members>();
  /** Who is away, until which height. */
  readonly #away = new Map<string, bigint>();
  readonly #tombstoned = new Set<string>();
  #millis = 0n;
  readonly #times = new Map<bigint, Timestamp>();

  constructor(random: Random, genesis: readonly ValidatorUpdate[]) {
    this.#random = random;
    const first = changed(new Map(), genesis);
    this.#sets.set(1n, first);
    this.#sets.set(2n, first);
  }

  /** Takes in what block `height` returned. */
  apply(height: bigint, updates: readonly ValidatorUpdate[]): void {
    this.#sets.set(height + DELAY, changed(this.#members(height + DELAY - 1n), updates));
  }

  #members(height: bigint): Members {
    const members = this.#sets.get(height);
    if (!members || members.size === 0) throw new RangeError(`no validator is left at height ${height}`);
    return members;
  }

  /** 1 to 9 seconds after the last, and some milliseconds. */
  nextTime(height: bigint): Timestamp {
    this.#millis += BigInt(this.#random.between(1_000, 9_000));
    const time = { seconds: START + this.#millis / 1_000n, nanos: Number(this.#millis % 1_000n) * 1_000_000 };
    this.#times.set(height, time);
    return time;
  }

  proposer(height: bigint): Uint8Array {
    return this.#random.pick([...this.#members(height).values()]).address;
  }

  /** Votes of the last commit, in CometBFT's order: by power, then by address. */
  votes(height: bigint): VoteInfo[] {
    if (height === 1n) return [];
    const members = this.#members(height - 1n);
    this.#leave(height, members);
    const order = [...members.values()].sort(
      (a, b) => Number(b.power - a.power) || compareBytes(a.address, b.address),
    );
    return order.map((validator) => ({ validator, blockIdFlag: this.#flag(height, validator.address) }));
  }

  #leave(height: bigint, members: Members): void {
    const away = [...members.keys()].filter((key) => (this.#away.get(key) ?? 0n) > height);
    if (away.length >= 2 || away.length + 2 > members.size || !this.#random.once(9)) return;
    const key = this.#random.pick([...members.keys()]);
    this.#away.set(key, height + BigInt(this.#random.between(2, 24)));
  }

  #flag(height: bigint, address: Uint8Array): number {
    if ((this.#away.get(toHex(address)) ?? 0n) > height) return BlockIDFlag.BLOCK_ID_FLAG_ABSENT;
    return this.#random.once(30) ? BlockIDFlag.BLOCK_ID_FLAG_NIL : BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
  }

  /** Evidence, now and then: of a recent height, of one too old, or against one who was punished already. */
  misbehavior(height: bigint): Misbehavior[] {
    if (height < 10n || !this.#random.once(18)) return [];
    const age = BigInt(this.#random.once(4) ? this.#random.between(31, 60) : this.#random.between(1, 20));
    const at = height > age ? height - age : 1n;
    const members = this.#members(at);
    const again = [...members.keys()].filter((key) => this.#tombstoned.has(key));
    const fresh = [...members.keys()].filter((key) => !this.#tombstoned.has(key));
    const pool = this.#tombstoned.size >= 5 ? again : [...fresh, ...again];
    if (pool.length === 0) return [];
    const key = this.#random.pick(pool);
    this.#tombstoned.add(key);
    const totalVotingPower = [...members.values()].reduce((sum, { power }) => sum + power, 0n);
    const type = this.#random.once(3) ? MisbehaviorType.LIGHT_CLIENT_ATTACK : MisbehaviorType.DUPLICATE_VOTE;
    return [{ type, validator: members.get(key)!, height: at, time: this.#times.get(at)!, totalVotingPower }];
  }
}

function changed(members: Members, updates: readonly ValidatorUpdate[]): Members {
  const next = new Map(members);
  for (const { pubKey, power } of updates) {
    const address = sha256(pubKey.ed25519!).slice(0, 20);
    if (power === 0n) next.delete(toHex(address));
    else next.set(toHex(address), { address, power });
  }
  return next;
}
