/** What a node answers, in our types: heights and powers are bigints, hashes and data are bytes. */

import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { Event, ExecTxResult, ValidatorUpdate } from "../../proto/gen/tendermint.abci.ts";
import type { ProofOp } from "../../proto/gen/tendermint.crypto.ts";
import type { BlockID, Commit, Evidence, Header, Validator } from "../../proto/gen/tendermint.types.ts";

export type { Commit, Header, Validator } from "../../proto/gen/tendermint.types.ts";

/** All that is needed to verify a height: its header, the commit of it, and the validators that signed it. */
export interface LightBlock {
  readonly header: Header;
  readonly commit: Commit;
  /** In the validator set's order. */
  readonly validators: readonly Validator[];
}

export interface Status {
  readonly chainId: string;
  readonly nodeId: string;
  readonly moniker: string;
  /** As the node reports it: v0.40.0 says 0.39.0. */
  readonly version: string;
  readonly latestHeight: bigint;
  readonly latestBlockHash: Uint8Array;
  readonly latestAppHash: Uint8Array;
  readonly latestTime: Timestamp;
  readonly earliestHeight: bigint;
  readonly catchingUp: boolean;
  readonly validatorAddress: Uint8Array;
  readonly votingPower: bigint;
}

export interface SignedHeader {
  readonly header: Header;
  readonly commit: Commit;
  /** False for the newest height, whose commit may still gain signatures. */
  readonly canonical: boolean;
}

export interface Block {
  readonly blockId: BlockID;
  readonly header: Header;
  readonly txs: readonly Uint8Array[];
  readonly lastCommit: Commit | undefined;
  /** Of validators who signed twice, or deceived light clients. */
  readonly evidence: readonly Evidence[];
}

export interface ValidatorsAt {
  readonly height: bigint;
  readonly validators: readonly Validator[];
}

export interface AbciQueryRequest {
  /** `/store/bank/key` or `/cosmos.bank.v1beta1.Query/Balance`. */
  readonly path: string;
  readonly data: Uint8Array;
  /** Absent: the newest. */
  readonly height?: bigint;
  readonly prove?: boolean;
}

export interface AbciQueryResponse {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly height: bigint;
  readonly proofOps: readonly ProofOp[];
}

/** The verdict of CheckTx. Code 0: admitted to the mempool, not yet executed. */
export interface BroadcastResponse {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly data: Uint8Array;
  /** Upper-case hex. */
  readonly hash: string;
}

export interface TxResult {
  readonly hash: string;
  readonly height: bigint;
  readonly index: number;
  readonly result: ExecTxResult;
  readonly tx: Uint8Array;
}

export interface TxSearchRequest {
  /** Such as `message.action='/cosmos.bank.v1beta1.MsgSend' AND tx.height>5`. */
  readonly query: string;
  /** From 1. */
  readonly page?: number;
  /** At most 100. */
  readonly perPage?: number;
  readonly orderBy?: "asc" | "desc";
}

export interface TxSearchResponse {
  readonly txs: readonly TxResult[];
  readonly total: number;
}

export interface BlockResults {
  readonly height: bigint;
  readonly txResults: readonly ExecTxResult[];
  readonly events: readonly Event[];
  readonly validatorUpdates: readonly ValidatorUpdate[];
  readonly appHash: Uint8Array;
}
