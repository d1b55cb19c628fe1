/** Makes blocks and the commits of them, as one CometBFT validator alone would. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { voteSignBytes } from "../../client/light/commit.ts";
import { headerHash, validatorsHash } from "../../client/light/hash.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { ExecTxResult } from "../../proto/gen/tendermint.abci.ts";
import {
  Block,
  BlockID,
  BlockIDFlag,
  Commit,
  CommitSig,
  type ConsensusParams,
  Header,
  type ValidatorSet,
} from "../../proto/gen/tendermint.types.ts";
import type { ConsensusKey } from "../comet/index.ts";
import { commitHash, consensusHash, dataHash, NO_EVIDENCE_HASH, partSetHeader, resultsHash } from "./hash.ts";

/** CometBFT's version of the block's format (version/version.go). */
const BLOCK_PROTOCOL = 11n;
const SEED_BYTES = 32;
const MILLISECOND = 1_000_000;
const SECOND = 1_000_000_000;

/** All that a block's header says of what came before. */
export interface BlockBase {
  readonly chainId: string;
  readonly height: bigint;
  readonly time: Timestamp;
  readonly lastBlockId: BlockID;
  /** Without signatures at the first height. */
  readonly lastCommit: Commit;
  readonly lastResults: readonly ExecTxResult[];
  readonly appHash: Uint8Array;
  readonly params: ConsensusParams;
  readonly validators: ValidatorSet;
  readonly nextValidators: ValidatorSet;
  readonly proposerAddress: Uint8Array;
}

export function makeBlock(base: BlockBase, txs: readonly Uint8Array[]): Block {
  const header = Header.create({
    version: { block: BLOCK_PROTOCOL, app: base.params.version?.app ?? 0n },
    chainId: base.chainId,
    height: base.height,
    time: base.time,
    lastBlockId: base.lastBlockId,
    lastCommitHash: commitHash(base.lastCommit),
    dataHash: dataHash(txs),
    validatorsHash: validatorsHash(base.validators.validators),
    nextValidatorsHash: validatorsHash(base.nextValidators.validators),
    consensusHash: consensusHash(base.params),
    appHash: base.appHash,
    lastResultsHash: resultsHash(base.lastResults),
    evidenceHash: NO_EVIDENCE_HASH,
    proposerAddress: base.proposerAddress,
  });
  return Block.create({ header, data: { txs }, lastCommit: base.lastCommit });
}

/** Cost: linear in the block's bytes. */
export function blockIdOf(block: Block): BlockID {
  return BlockID.create({ hash: headerHash(block.header), partSetHeader: partSetHeader(block) });
}

/** The validator's precommit. Its time becomes that of the next block, so it is later than the block's own. */
export function signCommit(block: Block, blockId: BlockID, key: ConsensusKey, now: Timestamp): Commit {
  const { height, chainId, time, proposerAddress } = block.header;
  const place = CommitSig.create({
    blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
    validatorAddress: proposerAddress,
    timestamp: later(now, time),
  });
  const unsigned = Commit.create({ height, round: 0, blockId, signatures: [place] });
  const signature = ed25519.sign(voteSignBytes(chainId, unsigned, place), key.priv.slice(0, SEED_BYTES));
  return { ...unsigned, signatures: [{ ...place, signature }] };
}

/** `now`, or a millisecond after `time` if the clock is not past that. */
function later(now: Timestamp, time: Timestamp): Timestamp {
  const nanos = time.nanos + MILLISECOND;
  const least =
    nanos < SECOND ? { seconds: time.seconds, nanos } : { seconds: time.seconds + 1n, nanos: nanos - SECOND };
  const past = now.seconds > least.seconds || (now.seconds === least.seconds && now.nanos > least.nanos);
  return past ? now : least;
}
