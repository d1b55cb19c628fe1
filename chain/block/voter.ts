/**
 * What this node says in its votes (ADR-0161, ADR-0162): verdicts that are ready and that the chain lacks, openings, and its
 * part of the beacon. Whatever it says follows from its secret and the state: a node that was killed says the same again.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import {
  type JobOpening,
  type JobVerdict,
  type MsgVoteExtensions,
  VoteExtension,
} from "../../proto/gen/opg.compute.v1.ts";
import { beaconFor } from "../modules/compute/beacon.ts";
import { MAX_EXTENSION_BYTES, readExtension } from "../modules/compute/extension.ts";
import { choiceDigest, verdictDigest } from "../modules/compute/hashes.ts";
import { findVerdict, paramsOf } from "../modules/compute/state.ts";
import { jobsToVote } from "../modules/compute/votes.ts";
import { isExact, takesOpening, takesVerdict } from "../modules/compute/window.ts";
import type { StakingKeeper } from "../modules/staking/index.ts";
import { bytesEqual, concatBytes, u64Bytes, utf8 } from "../runtime/bytes.ts";
import type { Context } from "../runtime/context.ts";
import { sha256 } from "../store/sha256.ts";
import { Judge, type JudgeDeps } from "./judge.ts";

export interface VoterOptions {
  /** 32 bytes that nobody else knows, the same for ever. */
  readonly secret: Uint8Array;
  /** Consensus address of the validator for which this node votes: 20 bytes. */
  readonly validator: Uint8Array;
}

export interface VoterDeps {
  readonly judge: Judge;
  /** Whether this node's validator has a say now. */
  readonly isBonded: (ctx: Context, validator: Uint8Array) => boolean;
  /** Told what went wrong where nothing is said for it: a vote is worth more than what is said with it. */
  readonly onFailure: (error: unknown) => void;
}

/** Part of an extension's bytes that contributions to the beacon take at most: two fields of 32 bytes. */
const BEACON_BYTES = 68;
/** Of a verdict and an opening, beside choices: tags, lengths, job, digest or nonce. */
const ENTRY_BYTES = 52;

const NOTHING = new Uint8Array(0);
const CONTRIBUTION_TAG = utf8("opg/voter/contribution");
const NONCE_TAG = utf8("opg/voter/nonce");

export class Voter {
  readonly #options: VoterOptions;
  readonly #deps: VoterDeps;

  constructor(options: VoterOptions, deps: VoterDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Has jobs judged that wait for this validator's word. `ctx` is on the state after a block. */
  afterCommit(ctx: Context): void {
    const { judge, isBonded } = this.#deps;
    judge.consider(isBonded(ctx, this.#options.validator) ? jobsToVote(ctx) : []);
  }

  /** Waits until nothing is left to judge. */
  settle(): Promise<void> {
    return this.#deps.judge.settle();
  }

  stop(): Promise<void> {
    return this.#deps.judge.stop();
  }

  /**
   * The extension of the vote for a block. `ctx` is of that block, on the state before it; what the block takes in of this
   * validator's own last vote is not said again. Never throws.
   * @param votes that the block holds, if it holds any
   */
  extend(ctx: Context, votes: MsgVoteExtensions | undefined): Uint8Array {
    try {
      return this.#deps.isBonded(ctx, this.#options.validator) ? this.#extension(ctx, votes) : NOTHING;
    } catch (error) {
      this.#deps.onFailure(error);
      return NOTHING;
    }
  }

  #extension(ctx: Context, votes: MsgVoteExtensions | undefined): Uint8Array {
    const { validator } = this.#options;
    const own = votes?.votes.find((vote) => bytesEqual(vote.validator, validator));
    const said = (own && readExtension(own.extension)) ?? VoteExtension.create();
    const { verdicts, openings } = this.#words(ctx, said);
    return VoteExtension.encode({ verdicts, openings, ...this.#contribution(ctx, said) });
  }

  /** Openings first: the blocks that take them are few. */
  #words(ctx: Context, said: VoteExtension): Pick<VoteExtension, "verdicts" | "openings"> {
    const { judge } = this.#deps;
    const { validator } = this.#options;
    const most = paramsOf(ctx).maxVerdicts;
    // The block after this one takes what is said in its votes.
    const height = ctx.block.height + 1n;
    const openings: JobOpening[] = [];
    const verdicts: JobVerdict[] = [];
    let room = MAX_EXTENSION_BYTES - BEACON_BYTES;
    for (const job of jobsToVote(ctx)) {
      const found = judge.found(job.id);
      if (!found) continue;
      const { id: jobId } = job;
      const known = findVerdict(ctx, jobId, validator);
      const isSaid = known !== undefined || said.verdicts.some((each) => each.jobId === jobId);
      if (takesOpening(job, height) && known?.choices.length === 0) {
        if (said.openings.some((each) => each.jobId === jobId) || openings.length === most) continue;
        if (room < ENTRY_BYTES + found.length) continue;
        openings.push({ jobId, choices: found, nonce: this.#nonce(jobId) });
        room -= ENTRY_BYTES + found.length;
      } else if (takesVerdict(job, height) && !isSaid && verdicts.length < most) {
        verdicts.push({
          jobId,
          digest: isExact(job)
            ? verdictDigest({ jobId, validator, answer: found })
            : choiceDigest({ jobId, validator, choices: found, nonce: this.#nonce(jobId) }),
        });
      }
    }
    return { openings, verdicts: verdicts.slice(0, Math.max(0, Math.floor(room / ENTRY_BYTES))) };
  }

  /** Told while jobs wait, if it is what this validator is bound to; then, or if it is bound to nothing that it can tell, it is bound anew. */
  #contribution(ctx: Context, said: VoteExtension): Pick<VoteExtension, "reveal" | "next"> {
    const { validator } = this.#options;
    const { height } = ctx.block;
    const beacon = beaconFor(ctx, validator);
    // Bound by the vote before the block in which it was bound.
    let bound = beacon.bound && { digest: beacon.bound.digest, voted: beacon.bound.height - 1n };
    if (said.next.length > 0) bound = { digest: said.next, voted: height - 1n };
    else if (said.reveal.length > 0) bound = undefined;
    const mine = bound && this.#secretOf(CONTRIBUTION_TAG, bound.voted);
    const canTell = mine !== undefined && bytesEqual(sha256(mine), bound!.digest);
    const reveal = canTell && beacon.isNeeded ? mine : NOTHING;
    const isNew = beacon.isOpen && (!canTell || reveal.length > 0);
    return { reveal, next: isNew ? sha256(this.#secretOf(CONTRIBUTION_TAG, height)) : NOTHING };
  }

  #nonce(jobId: bigint): Uint8Array {
    return this.#secretOf(NONCE_TAG, jobId);
  }

  #secretOf(tag: Uint8Array, number: bigint): Uint8Array {
    const { secret, validator } = this.#options;
    return hmac(nobleSha256, secret, concatBytes(tag, validator, u64Bytes(number)));
  }
}

/** A voter with its judge. `context` is on the state after the last block. */
export function createVoter(
  options: VoterOptions,
  deps: Pick<JudgeDeps, "engine" | "compute" | "context"> & {
    readonly staking: Pick<StakingKeeper, "validatorByConsensus">;
    readonly log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
  },
): Voter {
  const { log, staking } = deps;
  const judge = new Judge({
    ...deps,
    onFailure: (jobId, error) => log.warn({ jobId, reason: String(error) }, "could not judge a job"),
  });
  return new Voter(options, {
    judge,
    isBonded: (ctx, validator) => staking.validatorByConsensus(ctx, validator)?.status === "bonded",
    onFailure: (error) => log.warn({ reason: String(error) }, "could not extend a vote"),
  });
}
