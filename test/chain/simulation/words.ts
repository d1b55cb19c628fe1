/** What validators say in their votes: of jobs, as their engine finds them or not, and to the beacon (ADR-0161). */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { extensionSignBytes, votesTx } from "../../../chain/block/votes.ts";
import {
  answerOf,
  choiceDigest,
  judgedItems,
  leafOf,
  verdictDigest,
} from "../../../chain/modules/compute/hashes.ts";
import { bytesEqual, concatBytes, fromHex, toHex, u64Bytes } from "../../../chain/runtime/bytes.ts";
import {
  type ExtendedVote,
  type Job,
  JobStatus,
  MsgVoteExtensions,
  Verification,
  VoteExtension,
} from "../../../proto/gen/opg.compute.v1.ts";
import type { VoteInfo } from "../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../proto/gen/tendermint.types.ts";
import { CHAIN_ID, testValidator } from "../chain.ts";
import type { Random } from "../modules/random.ts";
import type { View } from "./view.ts";

/** Extensions in hex, by the name of the validator's key. */
export type Words = Readonly<Record<string, string>>;

/** A job whose answers are known, as every honest validator finds them. */
interface Found {
  readonly job: Job;
  /** EXACT: the leaves of the judged items. */
  readonly leaves: readonly Uint8Array[];
  /** TOLERANCE: which of two answers of each judged item is right, 2 if neither is. */
  readonly choices: Uint8Array;
}

/** What those who vote attach to their votes: most of them what is true. `names` are those of their keys. */
export async function wordsOf(
  random: Random,
  view: View,
  names: readonly string[],
  isReliable: (name: string) => boolean,
): Promise<Words> {
  const [committed, revealed, posted] = await Promise.all(
    [JobStatus.JOB_STATUS_COMMITTED, JobStatus.JOB_STATUS_REVEALED, JobStatus.JOB_STATUS_POSTED].map(
      (status) => view.jobs(status),
    ),
  );
  const judged = [
    ...committed!.filter(({ verification }) => verification === Verification.VERIFICATION_EXACT),
    ...revealed!,
  ].filter(({ sampleSeed }) => sampleSeed.length > 0);
  if (judged.length === 0 && posted!.length === 0 && random.chance(80)) return {};
  const found = await Promise.all(
    judged.sort((a, b) => (a.id < b.id ? -1 : 1)).map((job) => find(view, job)),
  );
  const words: Record<string, string> = {};
  for (const name of names) {
    const isHonest = isReliable(name) || random.chance(80);
    if (!isReliable(name) && random.chance(10)) continue;
    const { address } = testValidator(name);
    words[name] = toHex(VoteExtension.encode(extensionOf(address, found, isHonest ? undefined : random)));
  }
  // Bytes that are no extension, as a late vote may bring them.
  if (names.length > 0 && random.chance(3)) words[random.pick(names)] = "ff".repeat(1 + random.below(40));
  return words;
}

async function find(view: View, job: Job): Promise<Found> {
  const items = judgedItems(job);
  const answers = await view.answers(job);
  const hashes = (await view.jobInputs(job.id)).map((input) => sha256(input));
  const isExact = job.verification === Verification.VERIFICATION_EXACT;
  const leaves = items.map((index) => {
    const answer = answers[index]!;
    return leafOf(index, hashes[index]!, answer.length === 0 ? answer : sha256(answer));
  });
  const shown = isExact ? [] : await view.jobOutputs(job.id);
  const choices = isExact
    ? new Uint8Array(0)
    : Uint8Array.from(items, (index) => choiceOf(answers[index]!, shown[2 * index]!, shown[2 * index + 1]!));
  return { job, leaves, choices };
}

function choiceOf(answer: Uint8Array, first: Uint8Array, second: Uint8Array): number {
  return bytesEqual(answer, first) ? 0 : bytesEqual(answer, second) ? 1 : 2;
}

/** @param lies by what chance it says something else; an honest validator does not */
function extensionOf(
  validator: Uint8Array,
  found: readonly Found[],
  lies: Random | undefined,
): VoteExtension {
  const contribution = sha256(validator);
  const nonce = sha256(concatBytes(validator, u64Bytes(1n)));
  const told = found.map(({ job, leaves, choices }) => {
    const jobId = job.id;
    const wrong = lies?.chance(50) ?? false;
    if (job.verification === Verification.VERIFICATION_EXACT) {
      const answer = wrong ? sha256(answerOf(leaves)) : answerOf(leaves);
      return { verdict: { jobId, digest: verdictDigest({ jobId, validator, answer }) }, opening: undefined };
    }
    // Told in every vote, so that what was said first can be opened later.
    const mine = wrong ? choices.map((choice) => (choice + 1) % 3) : choices;
    const digest = choiceDigest({ jobId, validator, choices: mine, nonce });
    return { verdict: { jobId, digest }, opening: { jobId, choices: mine, nonce } };
  });
  return VoteExtension.create({
    verdicts: told.map(({ verdict }) => verdict),
    openings: told.flatMap(({ opening }) => (opening ? [opening] : [])),
    reveal: lies?.chance(30) ? sha256(contribution) : contribution,
    next: sha256(contribution),
  });
}

/** The first transaction of block `height`, as its proposer makes it of the votes before; undefined if nobody says anything. */
export function wordsTx(height: bigint, votes: readonly VoteInfo[], words: Words): Uint8Array | undefined {
  const last = height - 1n;
  const extensions = new Map(
    Object.entries(words).map(([name, hex]) => {
      const { address, secretKey } = testValidator(name);
      return [toHex(address), { extension: fromHex(hex)!, secretKey }] as const;
    }),
  );
  const carried = votes
    .filter(({ blockIdFlag }) => blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT)
    .map(({ validator: { address } }): ExtendedVote => {
      const said = extensions.get(toHex(address));
      const blank = { validator: address, extension: new Uint8Array(0), signature: new Uint8Array(0) };
      if (!said || said.extension.length === 0) return blank;
      const { extension, secretKey } = said;
      const signBytes = extensionSignBytes({ chainId: CHAIN_ID, height: last, round: 0, extension });
      return { validator: address, extension, signature: ed25519.sign(signBytes, secretKey) };
    });
  if (carried.every(({ extension }) => extension.length === 0)) return undefined;
  return votesTx(MsgVoteExtensions.create({ height: last, round: 0, votes: carried }));
}
