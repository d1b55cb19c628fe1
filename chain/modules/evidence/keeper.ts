/** Double signing that CometBFT proved, and what follows. The only code that touches the store `evidence`. */
import type { Equivocation } from "../../../proto/gen/cosmos.evidence.v1beta1.ts";
import { Any, type Timestamp } from "../../../proto/gen/google.protobuf.ts";
import { MisbehaviorType } from "../../../proto/gen/tendermint.abci.ts";
import type { EvidenceParams } from "../../../proto/gen/tendermint.types.ts";
import { durationNanos } from "../../../proto/text.ts";
import { toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { nanosBetween } from "../../runtime/time.ts";
import type { SlashingKeeper } from "../slashing/index.ts";
import type { StakingKeeper } from "../staking/index.ts";
import { equivocationOf, equivocationToAny, evidenceHash } from "./equivocation.ts";
import { EvidenceError } from "./errors.ts";
import { EVIDENCE_PREFIX, evidenceKey, STORE } from "./keys.ts";

/** The last second that a timestamp can say. Source: DoubleSignJailEndTime of x/evidence/types/params.go. */
const FOR_EVER: Timestamp = { seconds: 253_402_300_799n, nanos: 0 };

export interface EvidenceOptions {
  readonly staking: StakingKeeper;
  readonly slashing: SlashingKeeper;
  /** How old evidence may be: a consensus parameter. */
  readonly params: (ctx: Context) => EvidenceParams | undefined;
}

export class EvidenceKeeper {
  readonly #options: EvidenceOptions;

  constructor(options: EvidenceOptions) {
    this.#options = options;
  }

  find(ctx: Context, hash: Uint8Array): Any | undefined {
    const bytes = ctx.store(STORE).get(evidenceKey(hash));
    return bytes && Any.decode(bytes);
  }

  set(ctx: Context, equivocation: Equivocation): void {
    const key = evidenceKey(evidenceHash(equivocation));
    ctx.store(STORE).set(key, Any.encode(equivocationToAny(equivocation)));
  }

  /** All evidence, in the order of the hashes. */
  *all(ctx: Context): IterableIterator<Any> {
    for (const [, value] of ctx.store(STORE).iterate(prefixRange(EVIDENCE_PREFIX))) yield Any.decode(value);
  }

  /** What the block reports. An attack on light clients is double signing as well, and is paid for alike. */
  beginBlock(ctx: Context): void {
    const kinds: readonly number[] = [MisbehaviorType.DUPLICATE_VOTE, MisbehaviorType.LIGHT_CLIENT_ATTACK];
    for (const misbehavior of ctx.block.misbehavior) {
      if (kinds.includes(misbehavior.type))
        this.#handle(ctx, equivocationOf(misbehavior, ctx.addresses), misbehavior.validator.address);
    }
  }

  /** Source: handleEquivocationEvidence of x/evidence/keeper/infraction.go. */
  #handle(ctx: Context, equivocation: Equivocation, consensus: Uint8Array): void {
    const { staking, slashing } = this.#options;
    const validator = staking.validatorByConsensus(ctx, consensus);
    // Whoever unbonded since has nothing left that could be slashed.
    if (!validator || validator.status === "unbonded") return;
    if (this.#isStale(ctx, equivocation) || slashing.isTombstoned(ctx, consensus)) return;
    const { power, height } = equivocation;
    slashing.tombstone(ctx, validator, { power, height, until: FOR_EVER });
    this.set(ctx, equivocation);
  }

  /** Old by both blocks and time. */
  #isStale(ctx: Context, { height, time }: Equivocation): boolean {
    const params = this.#options.params(ctx);
    if (!params) return false;
    const { maxAgeDuration, maxAgeNumBlocks } = params;
    const isOldByTime = nanosBetween(ctx.block.time, time) > durationNanos(maxAgeDuration);
    return isOldByTime && ctx.block.height - height > maxAgeNumBlocks;
  }

  /**
   * Evidence in a transaction. Only CometBFT's own can be proven, so there is nobody to judge what users give: as in the
   * SDK's own application, it is refused. @throws EvidenceError
   */
  submit(ctx: Context, equivocation: Equivocation): never {
    const hash = evidenceHash(equivocation);
    if (this.find(ctx, hash))
      throw EvidenceError.evidenceExists(`evidence ${toHex(hash).toUpperCase()} is known`);
    throw EvidenceError.noEvidenceHandlerExists(
      "evidence: none is judged that comes in a transaction; CometBFT reports double signing by itself",
    );
  }
}
