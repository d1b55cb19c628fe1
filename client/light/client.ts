/**
 * A light client: verifies headers of a chain from one trusted height and hash, trusting no server.
 * Source: light/client.go of CometBFT v0.40, whose checks and defaults these are; docs/light-client.md.
 */
import { bytesEqual, toHex } from "../../chain/runtime/bytes.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { LightBlock } from "../rpc/types.ts";
import { blockAt, type LightSource, verifySkipping } from "./bisect.ts";
import { type Fraction, type VerifySignature, verifyCommit } from "./commit.ts";
import { LightError } from "./errors.ts";
import { headerHash } from "./hash.ts";
import { type LightStore, MemoryLightStore } from "./store.ts";
import { assertFresh, assertLightBlock, isExpired, type VerifyOptions, verifyBackward } from "./verify.ts";
import { checkWitnesses } from "./witness.ts";

export interface TrustedPoint {
  readonly height: bigint;
  /** 32 bytes: the header's hash, from a source you trust. */
  readonly hash: Uint8Array;
}

export interface LightClientOptions {
  readonly chainId: string;
  readonly trusted: TrustedPoint;
  readonly primary: LightSource;
  /** Further nodes of other people, asked to confirm each header. */
  readonly witnesses?: readonly LightSource[];
  /** How long to wait for a witness that is behind the primary. Default 10,000 ms. */
  readonly witnessWaitMs?: number;
  /** In seconds. Two thirds of the unbonding time is usual: 14 days of 21. */
  readonly trustingPeriod: bigint;
  /** In seconds; default 10. */
  readonly maxClockDrift?: bigint;
  /** From 1/3 (default) to 1. */
  readonly trustLevel?: Fraction;
  readonly store?: LightStore;
  /** Default: this machine's clock. */
  readonly now?: () => Timestamp;
  /** Default: noble's ed25519 by ZIP-215's rules. Another must accept exactly the same signatures. */
  readonly verifySignature?: VerifySignature;
}

function clock(): Timestamp {
  const ms = Date.now();
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}

function assertOptions({ trusted, trustingPeriod, trustLevel, maxClockDrift }: LightClientOptions): void {
  const fault = (message: string): never => {
    throw new LightError("bad_options", message);
  };
  if (trusted.height < 1n) fault(`trusted.height must be 1 or more, not ${trusted.height}`);
  if (trusted.hash.length !== 32) fault(`trusted.hash must have 32 bytes, not ${trusted.hash.length}`);
  if (trustingPeriod <= 0n) fault(`trustingPeriod must be more than 0 seconds, not ${trustingPeriod}`);
  if (maxClockDrift !== undefined && maxClockDrift < 0n) fault(`maxClockDrift must not be negative`);
  if (!trustLevel) return;
  const { numerator: n, denominator: d } = trustLevel;
  if (d <= 0n || n * 3n < d || n > d) fault(`trustLevel must be from 1/3 to 1, not ${n}/${d}`);
}

export class LightClient {
  readonly chainId: string;
  readonly #options: LightClientOptions;
  readonly #store: LightStore;

  private constructor(options: LightClientOptions, store: LightStore) {
    this.chainId = options.chainId;
    this.#options = options;
    this.#store = store;
  }

  /**
   * Fetches the trusted header and checks that it is the one trusted.
   * @throws LightError if it is not, or if no witness has it; RpcError if the primary cannot be asked
   */
  static async create(options: LightClientOptions): Promise<LightClient> {
    assertOptions(options);
    const client = new LightClient(options, options.store ?? new MemoryLightStore());
    await client.#initialize();
    return client;
  }

  async #initialize(): Promise<void> {
    const { trusted, primary, chainId, witnesses = [] } = this.#options;
    const { height } = trusted;
    const block = (await this.#store.get(height)) ?? (await blockAt(primary, height));
    const hash = headerHash(block.header);
    if (!bytesEqual(hash, trusted.hash)) {
      throw new LightError(
        "trusted_hash",
        `the header here has the hash ${toHex(hash)}, not the trusted ${toHex(trusted.hash)}; either the hash is of another chain or height, or ${primary.url} lies`,
        { height },
      );
    }
    assertLightBlock(block, chainId);
    verifyCommit(chainId, block.validators, block.commit, this.#options.verifySignature);
    for (const witness of witnesses) {
      const theirs = await witness.lightBlock(height).catch(() => undefined);
      if (theirs && !bytesEqual(headerHash(theirs.header), hash)) {
        throw new LightError(
          "no_witness",
          `witness ${witness.url} has another header at the trusted height; one of the two is of another chain`,
          { height },
        );
      }
    }
    await this.#store.put(block);
  }

  #verifyOptions(): VerifyOptions {
    const {
      chainId,
      trustingPeriod,
      maxClockDrift = 10n,
      trustLevel,
      now = clock,
      verifySignature,
    } = this.#options;
    return {
      chainId,
      trustingPeriod,
      maxClockDrift,
      trustLevel: trustLevel ?? { numerator: 1n, denominator: 3n },
      now: now(),
      ...(verifySignature ? { verifySignature } : {}),
    };
  }

  /**
   * The verified block of a height. The nearest verified block before it is the start, or, if that has expired, the
   * nearest after it, going back parent by parent.
   * @throws LightError naming the step that failed; RpcError if a node cannot be asked
   */
  async verifyHeight(height: bigint): Promise<LightBlock> {
    const known = await this.#store.get(height);
    if (known) return known;
    return this.#verify(await blockAt(this.#options.primary, height));
  }

  /** The newest block that the primary has, verified. */
  async verifyLatest(): Promise<LightBlock> {
    const block = await this.#options.primary.lightBlock();
    const known = await this.#store.get(block.header.height);
    if (known && bytesEqual(headerHash(known.header), headerHash(block.header))) return known;
    return this.#verify(block);
  }

  /** The newest verified block. */
  async latestVerified(): Promise<LightBlock> {
    const heights = await this.#store.heights();
    return (await this.#store.get(heights.at(-1)!))!;
  }

  async #verify(target: LightBlock): Promise<LightBlock> {
    const options = this.#verifyOptions();
    const { primary, witnesses = [], witnessWaitMs = 10_000 } = this.#options;
    const { height } = target.header;
    const heights = await this.#store.heights();
    const below = await this.#stored(heights.filter((each) => each < height).at(-1));
    const above = await this.#stored(heights.find((each) => each > height));
    if (above && (!below || isExpired(below, options.trustingPeriod, options.now))) {
      return this.#verifyBackwards(above, target);
    }
    if (!below)
      throw new LightError("height", "the height was verified before with another header", { height });
    assertFresh(below, options);
    const trace = await verifySkipping(primary, below, target, options);
    await checkWitnesses(witnesses, [below, ...trace], options, witnessWaitMs);
    for (const block of trace) await this.#store.put(block);
    return target;
  }

  async #stored(height: bigint | undefined): Promise<LightBlock | undefined> {
    return height === undefined ? undefined : this.#store.get(height);
  }

  /** Cost: one header a height between the two. */
  async #verifyBackwards(from: LightBlock, target: LightBlock): Promise<LightBlock> {
    let child = from;
    while (child.header.height > target.header.height) {
      const height = child.header.height - 1n;
      const parent = height === target.header.height ? target : await blockAt(this.#options.primary, height);
      verifyBackward(child, parent, this.chainId);
      child = parent;
    }
    await this.#store.put(target);
    return target;
  }
}
