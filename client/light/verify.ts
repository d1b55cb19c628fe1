/**
 * Whether a header follows from one that is trusted.
 * Source: light/verifier.go of CometBFT v0.40; Braithwaite et al., "A Tendermint Light Client", arXiv:2010.07031.
 */
import { bytesEqual, toHex } from "../../chain/runtime/bytes.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import { formatTimestamp } from "../../proto/text.ts";
import type { LightBlock } from "../rpc/types.ts";
import {
  type Fraction,
  type VerifySignature,
  verifyCommit,
  verifyCommitTrusting,
  verifyZip215,
} from "./commit.ts";
import { LightError } from "./errors.ts";
import { headerHash, validatorsHash } from "./hash.ts";

const NANOS = 1_000_000_000n;

export interface VerifyOptions {
  readonly chainId: string;
  /** How long a header may be trusted, in seconds: well below the time that stake takes to unbond. */
  readonly trustingPeriod: bigint;
  /** How far a header may be ahead of the clock, in seconds. */
  readonly maxClockDrift: bigint;
  /** How much of the trusted validators must have signed a header that does not follow directly. */
  readonly trustLevel: Fraction;
  readonly now: Timestamp;
  readonly verifySignature?: VerifySignature;
}

/** Nanoseconds since 1970. */
export function nanosOf(time: Timestamp): bigint {
  return time.seconds * NANOS + BigInt(time.nanos);
}

function show(time: Timestamp): string {
  return formatTimestamp(time) ?? `${time.seconds} s`;
}

/** Throws unless the parts of a light block belong together: chain, heights, hash of header, hash of validators. */
export function assertLightBlock({ header, commit, validators }: LightBlock, chainId: string): void {
  const { height } = header;
  if (header.chainId !== chainId) {
    throw new LightError(
      "chain_id",
      `the header is of chain ${JSON.stringify(header.chainId)}, not ${JSON.stringify(chainId)}`,
      { height },
    );
  }
  if (height < 1n || commit.height !== height) {
    throw new LightError("height", `the commit is of height ${commit.height}, the header of ${height}`, {
      height,
    });
  }
  const hash = headerHash(header);
  if (!bytesEqual(commit.blockId.hash, hash)) {
    throw new LightError(
      "header_hash",
      `the header's hash is ${toHex(hash)}; the commit is for ${toHex(commit.blockId.hash)}`,
      { height },
    );
  }
  const set = validatorsHash(validators);
  if (!bytesEqual(set, header.validatorsHash)) {
    throw new LightError(
      "validators_hash",
      `the validators' hash is ${toHex(set)}; the header names ${toHex(header.validatorsHash)}`,
      { height },
    );
  }
}

/** @throws LightError if `trusted` may no longer be trusted */
export function assertFresh(
  trusted: LightBlock,
  { trustingPeriod, now }: Pick<VerifyOptions, "trustingPeriod" | "now">,
): void {
  if (isExpired(trusted, trustingPeriod, now)) {
    throw new LightError(
      "expired",
      `the trusted header is of ${show(trusted.header.time)}, more than ${trustingPeriod} s before ${show(now)}; give a newer height and hash from a source you trust`,
      { height: trusted.header.height },
    );
  }
}

export function isExpired(trusted: LightBlock, trustingPeriod: bigint, now: Timestamp): boolean {
  return nanosOf(trusted.header.time) + trustingPeriod * NANOS <= nanosOf(now);
}

/** Two checks of one header look at mostly the same signatures; each is verified once. */
function remembering(verify: VerifySignature): VerifySignature {
  const valid = new Set<string>();
  return (publicKey, message, signature) => {
    const asked = [publicKey, message, signature].map(toHex).join();
    if (valid.has(asked)) return true;
    const verdict = verify(publicKey, message, signature);
    if (verdict) valid.add(asked);
    return verdict;
  };
}

/**
 * That `untrusted`, a later block, follows from `trusted`, which is verified.
 * @throws LightError with code untrusted_validators if blocks between the two must be verified first
 */
export function verifyForward(trusted: LightBlock, untrusted: LightBlock, options: VerifyOptions): void {
  const { header, commit, validators } = untrusted;
  const { height } = header;
  const verify = remembering(options.verifySignature ?? verifyZip215);
  assertFresh(trusted, options);
  assertLightBlock(untrusted, options.chainId);
  if (height <= trusted.header.height) {
    throw new LightError("height", `not after the trusted height ${trusted.header.height}`, { height });
  }
  if (nanosOf(header.time) <= nanosOf(trusted.header.time)) {
    throw new LightError(
      "time_order",
      `its time ${show(header.time)} is not after ${show(trusted.header.time)} of height ${trusted.header.height}`,
      { height },
    );
  }
  if (nanosOf(header.time) >= nanosOf(options.now) + options.maxClockDrift * NANOS) {
    throw new LightError(
      "future_time",
      `its time ${show(header.time)} is ahead of this clock (${show(options.now)}) by more than ${options.maxClockDrift} s; check the clock`,
      { height },
    );
  }
  if (height === trusted.header.height + 1n) {
    if (!bytesEqual(header.validatorsHash, trusted.header.nextValidatorsHash)) {
      throw new LightError(
        "next_validators",
        `its validators ${toHex(header.validatorsHash)} are not ${toHex(trusted.header.nextValidatorsHash)}, which the header before it announced`,
        { height },
      );
    }
  } else {
    verifyCommitTrusting(options.chainId, trusted.validators, commit, options.trustLevel, verify);
  }
  // Last, as a liar may make the new validator set as large as it likes.
  verifyCommit(options.chainId, validators, commit, verify);
}

/**
 * That `untrusted` is the parent of `trusted`, by the hash that `trusted` names. No signatures are needed, so that the
 * trusting period does not matter.
 */
export function verifyBackward(trusted: LightBlock, untrusted: LightBlock, chainId: string): void {
  assertLightBlock(untrusted, chainId);
  const { height } = untrusted.header;
  if (height + 1n !== trusted.header.height) {
    throw new LightError("height", `not directly before height ${trusted.header.height}`, { height });
  }
  const hash = headerHash(untrusted.header);
  const parent = trusted.header.lastBlockId.hash;
  if (!bytesEqual(hash, parent)) {
    throw new LightError(
      "hash_chain",
      `its hash is ${toHex(hash)}; the header after it names ${toHex(parent)} as its parent`,
      { height },
    );
  }
  if (nanosOf(untrusted.header.time) >= nanosOf(trusted.header.time)) {
    throw new LightError(
      "time_order",
      `its time ${show(untrusted.header.time)} is not before that of the header after it`,
      { height },
    );
  }
}
