/**
 * ABCI 2.0 as an application sees it: one method a call, a request in, a response out.
 *
 * Source: CometBFT v0.40 spec/abci/abci++_methods.md, package tendermint.abci. `Echo` and `Flush` are the server's own.
 */
import type {
  RequestApplySnapshotChunk,
  RequestCheckTx,
  RequestCommit,
  RequestExtendVote,
  RequestFinalizeBlock,
  RequestInfo,
  RequestInitChain,
  RequestInsertTx,
  RequestListSnapshots,
  RequestLoadSnapshotChunk,
  RequestOfferSnapshot,
  RequestPrepareProposal,
  RequestProcessProposal,
  RequestQuery,
  RequestReapTxs,
  RequestVerifyVoteExtension,
  ResponseApplySnapshotChunk,
  ResponseCheckTx,
  ResponseCommit,
  ResponseExtendVote,
  ResponseFinalizeBlock,
  ResponseInfo,
  ResponseInitChain,
  ResponseInsertTx,
  ResponseListSnapshots,
  ResponseLoadSnapshotChunk,
  ResponseOfferSnapshot,
  ResponsePrepareProposal,
  ResponseProcessProposal,
  ResponseQuery,
  ResponseReapTxs,
  ResponseVerifyVoteExtension,
} from "../proto/gen/tendermint.abci.ts";

export type Awaitable<T> = T | Promise<T>;

/**
 * A state machine that CometBFT, or any engine with the same calls, drives.
 *
 * Which calls may overlap is ADR-0003: consensus calls never overlap each other, mempool calls never overlap each other
 * nor `initChain`, `commit`, `offerSnapshot` and `applySnapshotChunk`; `info`, `query`, `listSnapshots` and
 * `loadSnapshotChunk` run at any time and must answer from committed state. Byte fields of a request are copies that
 * belong to the application.
 *
 * What a thrown error means is ADR-0004: in a call that decides state it halts the server.
 */
export interface Application {
  /** What is committed: version, last height, last app hash. */
  info(request: RequestInfo): Awaitable<ResponseInfo>;
  /** Genesis. Called once, when `info` answered height 0. */
  initChain(request: RequestInitChain): Awaitable<ResponseInitChain>;
  /** Admission of one transaction to the mempool. Not consensus. */
  checkTx(request: RequestCheckTx): Awaitable<ResponseCheckTx>;
  /** A transaction for the application's own mempool (CometBFT `mempool.type = "app"`). */
  insertTx(request: RequestInsertTx): Awaitable<ResponseInsertTx>;
  /** Transactions of the application's own mempool to gossip. */
  reapTxs(request: RequestReapTxs): Awaitable<ResponseReapTxs>;
  /** Chooses and orders the transactions of a block that this node proposes. */
  prepareProposal(request: RequestPrepareProposal): Awaitable<ResponsePrepareProposal>;
  /** Judges a proposed block. Must be deterministic. */
  processProposal(request: RequestProcessProposal): Awaitable<ResponseProcessProposal>;
  /** Bytes to attach to this node's precommit. */
  extendVote(request: RequestExtendVote): Awaitable<ResponseExtendVote>;
  /** Judges the bytes that another validator attached to its precommit. Must be deterministic. */
  verifyVoteExtension(request: RequestVerifyVoteExtension): Awaitable<ResponseVerifyVoteExtension>;
  /** Executes a decided block. Must be deterministic. Nothing is durable until `commit`. */
  finalizeBlock(request: RequestFinalizeBlock): Awaitable<ResponseFinalizeBlock>;
  /** Makes the last finalised block durable. */
  commit(request: RequestCommit): Awaitable<ResponseCommit>;
  /** Reads committed state. */
  query(request: RequestQuery): Awaitable<ResponseQuery>;
  /** Snapshots that other nodes may fetch. */
  listSnapshots(request: RequestListSnapshots): Awaitable<ResponseListSnapshots>;
  /** A snapshot found in the network, to take or leave. */
  offerSnapshot(request: RequestOfferSnapshot): Awaitable<ResponseOfferSnapshot>;
  /** One chunk of a snapshot of ours. */
  loadSnapshotChunk(request: RequestLoadSnapshotChunk): Awaitable<ResponseLoadSnapshotChunk>;
  /** One chunk of the snapshot that was accepted. */
  applySnapshotChunk(request: RequestApplySnapshotChunk): Awaitable<ResponseApplySnapshotChunk>;
}
