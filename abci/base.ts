/** Defaults for every ABCI call: accept everything, keep nothing. */
import {
  ExecTxResult,
  ResponseApplySnapshotChunk,
  ResponseApplySnapshotChunk_Result,
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
  ResponseOfferSnapshot_Result,
  ResponsePrepareProposal,
  ResponseProcessProposal,
  ResponseProcessProposal_ProposalStatus,
  ResponseQuery,
  ResponseReapTxs,
  ResponseVerifyVoteExtension,
  ResponseVerifyVoteExtension_VerifyStatus,
} from "../proto/gen/tendermint.abci.ts";
import type { Application } from "./application.ts";
import { takeTxs } from "./proposal.ts";

/**
 * An application that accepts every transaction, proposal and vote extension, proposes what the mempool offers (within
 * the byte limit), refuses snapshots and answers queries with nothing. Spread it and override what is needed:
 *
 *     const app: Application = { ...baseApplication, query: (request) => … };
 */
export const baseApplication: Application = {
  info: () => ResponseInfo.create(),
  initChain: () => ResponseInitChain.create(),
  checkTx: () => ResponseCheckTx.create(),
  insertTx: () => ResponseInsertTx.create(),
  reapTxs: () => ResponseReapTxs.create(),
  prepareProposal: (request) =>
    ResponsePrepareProposal.create({ txs: takeTxs(request.txs, request.maxTxBytes) }),
  processProposal: () =>
    ResponseProcessProposal.create({ status: ResponseProcessProposal_ProposalStatus.ACCEPT }),
  extendVote: () => ResponseExtendVote.create(),
  verifyVoteExtension: () =>
    ResponseVerifyVoteExtension.create({ status: ResponseVerifyVoteExtension_VerifyStatus.ACCEPT }),
  finalizeBlock: (request) =>
    ResponseFinalizeBlock.create({ txResults: request.txs.map(() => ExecTxResult.create()) }),
  commit: () => ResponseCommit.create(),
  query: () => ResponseQuery.create(),
  listSnapshots: () => ResponseListSnapshots.create(),
  offerSnapshot: () => ResponseOfferSnapshot.create({ result: ResponseOfferSnapshot_Result.REJECT }),
  loadSnapshotChunk: () => ResponseLoadSnapshotChunk.create(),
  applySnapshotChunk: () =>
    ResponseApplySnapshotChunk.create({ result: ResponseApplySnapshotChunk_Result.ABORT }),
};
