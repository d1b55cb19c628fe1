/**
 * The table of ABCI calls: field numbers, codecs, the lane a call runs in (ADR-0003) and what it answers when the
 * application throws (ADR-0004). Both transports and the tests are driven by it.
 */

import type { MessageType } from "../proto/codec.ts";
import {
  RequestApplySnapshotChunk,
  RequestCheckTx,
  RequestCommit,
  RequestEcho,
  RequestExtendVote,
  RequestFinalizeBlock,
  RequestFlush,
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
  ResponseEcho,
  ResponseExtendVote,
  ResponseFinalizeBlock,
  ResponseFlush,
  ResponseInfo,
  ResponseInitChain,
  ResponseInsertTx,
  ResponseListSnapshots,
  ResponseLoadSnapshotChunk,
  ResponseOfferSnapshot,
  ResponsePrepareProposal,
  ResponseProcessProposal,
  ResponseProcessProposal_ProposalStatus,
  ResponseQuery,
  ResponseReapTxs,
  ResponseVerifyVoteExtension,
  ResponseVerifyVoteExtension_VerifyStatus,
} from "../proto/gen/tendermint.abci.ts";
import type { Application, Awaitable } from "./application.ts";

export type CallName = keyof Application | "echo" | "flush";

/** `consensus` and `mempool`: one call at a time each, in order of arrival. `free`: at any time. */
export type Lane = "consensus" | "mempool" | "free";

export interface Call {
  readonly name: CallName;
  /** Name of the method of the gRPC service tendermint.abci.ABCI. */
  readonly method: string;
  /** Field number in the oneof of tendermint.abci.Request. */
  readonly requestField: number;
  /** Field number in the oneof of tendermint.abci.Response. */
  readonly responseField: number;
  readonly lane: Lane;
  /** A consensus call that no mempool call may overlap. */
  readonly exclusive: boolean;
  /** How CometBFT begins with an application: by asking what is committed, by genesis, or by offering a snapshot. */
  readonly greeting: boolean;
  /** @throws WireError */
  decode(bytes: Uint8Array): unknown;
  run(app: Application, request: unknown): Awaitable<unknown>;
  encode(response: unknown): Uint8Array;
  /** The answer when the application threw; undefined: the server halts instead. */
  readonly fallback: ((reason: string) => unknown) | undefined;
}

interface Described<Q, R> {
  readonly request: MessageType<Q>;
  readonly response: MessageType<R>;
  /** Field numbers in Request and Response. */
  readonly fields: readonly [request: number, response: number];
  readonly lane: Lane;
  readonly exclusive?: true;
  readonly greeting?: true;
  readonly run: (app: Application, request: Q) => Awaitable<R>;
  readonly fallback?: (reason: string) => R;
}

function call<Q, R>(name: CallName, described: Described<Q, R>): Call {
  const { request, response, run, fields, lane, fallback } = described;
  return {
    name,
    method: name[0]!.toUpperCase() + name.slice(1),
    requestField: fields[0],
    responseField: fields[1],
    lane,
    exclusive: described.exclusive ?? false,
    greeting: described.greeting ?? false,
    decode: (bytes) => request.decode(bytes),
    // The one place where a call's types are forgotten: decode of the same row made the request.
    run: (app, decoded) => run(app, decoded as Q),
    encode: (answer) => response.encode(answer as R),
    fallback,
  };
}

/** Code of an answer that stands for an error the application did not foresee; codespace `abci`. 1 is "internal". */
export const INTERNAL_CODE = 1;
export const ABCI_CODESPACE = "abci";

const refused = (reason: string) => ({ code: INTERNAL_CODE, codespace: ABCI_CODESPACE, log: reason });

export const calls: readonly Call[] = [
  call("echo", {
    request: RequestEcho,
    response: ResponseEcho,
    fields: [1, 2],
    lane: "free",
    run: (_, { message }) => ({ message }),
  }),
  call("flush", {
    request: RequestFlush,
    response: ResponseFlush,
    fields: [2, 3],
    lane: "free",
    run: () => ({}),
  }),
  call("info", {
    request: RequestInfo,
    response: ResponseInfo,
    fields: [3, 4],
    lane: "free",
    greeting: true,
    run: (app, request) => app.info(request),
  }),
  call("initChain", {
    request: RequestInitChain,
    response: ResponseInitChain,
    fields: [5, 6],
    lane: "consensus",
    greeting: true,
    exclusive: true,
    run: (app, request) => app.initChain(request),
  }),
  call("query", {
    request: RequestQuery,
    response: ResponseQuery,
    fields: [6, 7],
    lane: "free",
    run: (app, request) => app.query(request),
    fallback: (reason) => ResponseQuery.create(refused(reason)),
  }),
  call("checkTx", {
    request: RequestCheckTx,
    response: ResponseCheckTx,
    fields: [8, 9],
    lane: "mempool",
    run: (app, request) => app.checkTx(request),
    fallback: (reason) => ResponseCheckTx.create(refused(reason)),
  }),
  call("commit", {
    request: RequestCommit,
    response: ResponseCommit,
    fields: [11, 12],
    lane: "consensus",
    exclusive: true,
    run: (app, request) => app.commit(request),
  }),
  call("listSnapshots", {
    request: RequestListSnapshots,
    response: ResponseListSnapshots,
    fields: [12, 13],
    lane: "free",
    run: (app, request) => app.listSnapshots(request),
    fallback: () => ResponseListSnapshots.create(),
  }),
  call("offerSnapshot", {
    request: RequestOfferSnapshot,
    response: ResponseOfferSnapshot,
    fields: [13, 14],
    lane: "consensus",
    greeting: true,
    exclusive: true,
    run: (app, request) => app.offerSnapshot(request),
  }),
  call("loadSnapshotChunk", {
    request: RequestLoadSnapshotChunk,
    response: ResponseLoadSnapshotChunk,
    fields: [14, 15],
    lane: "free",
    run: (app, request) => app.loadSnapshotChunk(request),
    fallback: () => ResponseLoadSnapshotChunk.create(),
  }),
  call("applySnapshotChunk", {
    request: RequestApplySnapshotChunk,
    response: ResponseApplySnapshotChunk,
    fields: [15, 16],
    lane: "consensus",
    exclusive: true,
    run: (app, request) => app.applySnapshotChunk(request),
  }),
  call("prepareProposal", {
    request: RequestPrepareProposal,
    response: ResponsePrepareProposal,
    fields: [16, 17],
    lane: "consensus",
    run: (app, request) => app.prepareProposal(request),
    fallback: () => ResponsePrepareProposal.create(),
  }),
  call("processProposal", {
    request: RequestProcessProposal,
    response: ResponseProcessProposal,
    fields: [17, 18],
    lane: "consensus",
    run: (app, request) => app.processProposal(request),
    fallback: () => ({ status: ResponseProcessProposal_ProposalStatus.REJECT }),
  }),
  call("extendVote", {
    request: RequestExtendVote,
    response: ResponseExtendVote,
    fields: [18, 19],
    lane: "consensus",
    run: (app, request) => app.extendVote(request),
    fallback: () => ResponseExtendVote.create(),
  }),
  call("verifyVoteExtension", {
    request: RequestVerifyVoteExtension,
    response: ResponseVerifyVoteExtension,
    fields: [19, 20],
    lane: "consensus",
    run: (app, request) => app.verifyVoteExtension(request),
    fallback: () => ({ status: ResponseVerifyVoteExtension_VerifyStatus.REJECT }),
  }),
  call("finalizeBlock", {
    request: RequestFinalizeBlock,
    response: ResponseFinalizeBlock,
    fields: [20, 21],
    lane: "consensus",
    run: (app, request) => app.finalizeBlock(request),
  }),
  call("insertTx", {
    request: RequestInsertTx,
    response: ResponseInsertTx,
    fields: [21, 22],
    lane: "mempool",
    run: (app, request) => app.insertTx(request),
    fallback: () => ({ code: INTERNAL_CODE }),
  }),
  call("reapTxs", {
    request: RequestReapTxs,
    response: ResponseReapTxs,
    fields: [22, 23],
    lane: "mempool",
    run: (app, request) => app.reapTxs(request),
    fallback: () => ResponseReapTxs.create(),
  }),
];

/** Calls by field number in tendermint.abci.Request. */
export const callByRequestField: ReadonlyMap<number, Call> = new Map(
  calls.map((each) => [each.requestField, each]),
);
