/** The next block of a simulation, by chance and by the state. */
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../../../chain/runtime/bytes.ts";
import { PubKey } from "../../../proto/gen/cosmos.crypto.ed25519.ts";
import { MsgBeginRedelegate, MsgUndelegate } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { testValidator } from "../chain.ts";
import type { Random } from "../modules/random.ts";
import type { Comet } from "./comet.ts";
import type { Draft, Operation } from "./operation.ts";
import { OPERATIONS } from "./operations/index.ts";
import type { ScriptBlock, ScriptTx } from "./script.ts";
import type { View } from "./view.ts";
import { type Words, wordsOf } from "./words.ts";

/** By how much a seed may favour an operation: some seeds do much of one thing and nothing of another (swarm testing). */
const FAVOURS = [0, 1, 1, 1, 2, 5] as const;
const DEFAULT_GAS = 3_000_000n;
const ONE = 10n ** 18n;

/** Consensus addresses of the validators that neither stop nor cheat. */
const RELIABLE = new Set(
  ["a1", "a2"].map((name) => toHex(sha256(testValidator(name).publicKey).slice(0, 20))),
);

export class Generator {
  readonly #random: Random;
  readonly #view: View;
  readonly #perBlock: number;
  readonly #weights: readonly number[];
  /** Validators that are down at the moment. */
  readonly #down = new Set<string>();
  /** Operators whom stake was taken from of late. */
  #leavings: { readonly operator: string; readonly height: bigint }[] = [];

  /** @param perBlock transactions a block, on average */
  constructor(random: Random, view: View, perBlock: number) {
    this.#random = random;
    this.#view = view;
    this.#perBlock = perBlock;
    this.#weights = OPERATIONS.map(({ weight }) => weight * random.pick(FAVOURS));
  }

  /** Seconds until the next block: mostly few, sometimes a day. */
  seconds(): number {
    const random = this.#random;
    if (random.chance(1)) return 90_000;
    return 1 + random.below(random.chance(10) ? 100 : 9);
  }

  async block(comet: Comet, height: bigint, seconds: number, exported: boolean): Promise<ScriptBlock> {
    const random = this.#random;
    const voters = comet.validators(height - 1n).map(([address]) => address);
    const txs: ScriptTx[] = [];
    for (let count = random.below(2 * this.#perBlock + 1); count > 0; count--) txs.push(await this.#tx());
    for (const tx of txs) this.#remember(tx, height);
    const absent = this.#absent(voters);
    return {
      seconds,
      proposer: random.below(20),
      absent,
      cheats: await this.#cheats(voters, height),
      words: await this.#words(voters.filter((address) => !absent.includes(address))),
      txs,
      restart: random.chance(4),
      propose: random.chance(25),
      exported,
    };
  }

  /** Those whose key has a known name speak. */
  #words(voters: readonly string[]): Promise<Words> {
    const names = voters.flatMap((address) => this.#view.validatorKey(address) ?? []);
    const isReliable = (name: string) => RELIABLE.has(toHex(testValidator(name).address));
    return wordsOf(this.#random, this.#view, names, isReliable);
  }

  #absent(voters: readonly string[]): readonly string[] {
    const random = this.#random;
    return voters.filter((address) => {
      if (RELIABLE.has(address)) return false;
      if (this.#down.has(address) ? random.chance(12) : random.chance(2))
        if (!this.#down.delete(address)) this.#down.add(address);
      return this.#down.has(address) || random.chance(2);
    });
  }

  /** Mostly those whom somebody has just left: what is on its way must pay for what was done before. */
  async #cheats(voters: readonly string[], height: bigint): Promise<ScriptBlock["cheats"]> {
    const random = this.#random;
    const weak = voters.filter((address) => !RELIABLE.has(address));
    if (weak.length === 0 || !random.chance(5)) return [];
    const light = random.chance(20);
    const left = await this.#left(weak, height);
    const cheat =
      left === undefined || random.chance(30)
        ? { address: random.pick(weak), back: 1 + random.below(12), light }
        : { address: left.address, back: Number(height - left.height) + random.below(3), light };
    // One and the same deed reported twice, sometimes.
    return random.chance(10) ? [cheat, cheat] : [cheat];
  }

  /** One of the validators that stake left in the last blocks, and when. */
  async #left(weak: readonly string[], height: bigint) {
    this.#leavings = this.#leavings.filter((each) => each.height + 10n > height);
    const addresses = new Map(
      (await this.#view.validators()).map(({ operatorAddress, consensusPubkey }) => {
        const { key } = PubKey.decode(consensusPubkey!.value);
        return [operatorAddress, toHex(sha256(key).slice(0, 20))] as const;
      }),
    );
    const found = this.#leavings.flatMap((each) => {
      const address = addresses.get(each.operator);
      return address !== undefined && weak.includes(address) ? [{ address, height: each.height }] : [];
    });
    return found.length > 0 ? this.#random.pick(found) : undefined;
  }

  /** Remembers whom a transaction takes stake from. */
  #remember({ messages }: ScriptTx, height: bigint): void {
    for (const { typeUrl, value } of messages) {
      if (typeUrl === MsgUndelegate.typeUrl)
        this.#leavings.push({ operator: MsgUndelegate.decode(value).validatorAddress, height });
      if (typeUrl === MsgBeginRedelegate.typeUrl)
        this.#leavings.push({ operator: MsgBeginRedelegate.decode(value).validatorSrcAddress, height });
    }
  }

  async #tx(): Promise<ScriptTx> {
    const random = this.#random;
    const parts = [await this.#draft()];
    while (random.chance(12) && parts.length < 4) parts.push(await this.#draft());
    const signers = [...new Set(parts.flatMap(({ draft }) => draft.signers))].slice(0, 7);
    const wanted = parts.reduce((sum, { draft }) => sum + (draft.gas ?? DEFAULT_GAS), 0n);
    const gas = random.chance(8) ? BigInt(random.below(150_000)) : wanted;
    const least = ((await this.#view.baseFee()) * gas + ONE - 1n) / ONE;
    const granter = await this.#granter(signers[0]!);
    return {
      does: parts.flatMap(({ operation, draft }) => [operation.name, ...(draft.carries ?? [])]),
      by: signers,
      messages: parts.flatMap(({ draft }) => draft.messages),
      fee: random.chance(4) ? least / 2n : least + random.bigint(random.below(17)),
      gas,
      ...(granter === undefined ? {} : { granter }),
      ...(random.chance(2) ? { garbled: [random.below(65_536), random.below(8)] as const } : {}),
      seen: random.chance(40),
    };
  }

  async #granter(payer: string): Promise<string | undefined> {
    if (!this.#random.chance(25)) return undefined;
    const allowances = await this.#view.allowancesTo(payer);
    if (allowances.length > 0) return this.#view.nameOf(this.#random.pick(allowances).granter);
    return this.#random.chance(4) ? this.#view.person(this.#random) : undefined;
  }

  async #draft(): Promise<{ readonly operation: Operation; readonly draft: Draft }> {
    for (let tries = 0; ; tries++) {
      // A seed may favour what has nothing to work on, at times.
      const operation = tries < 20 ? this.#operation() : OPERATIONS[0]!;
      const draft = await operation.make(this.#random, this.#view);
      if (draft) return { operation, draft };
    }
  }

  #operation(): Operation {
    let dice = this.#random.below(this.#weights.reduce((sum, weight) => sum + weight, 0));
    for (const [index, weight] of this.#weights.entries()) {
      if (dice < weight) return OPERATIONS[index]!;
      dice -= weight;
    }
    throw new RangeError("weights do not sum to their total");
  }
}
