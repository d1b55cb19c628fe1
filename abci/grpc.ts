/** The gRPC transport: service tendermint.abci.ABCI, unary calls. */
import { createServer, type Socket } from "node:net";
import { ABCI } from "../proto/gen/tendermint.abci.ts";
import { WireError } from "../proto/wire.ts";
import { type Address, formatAddress } from "./address.ts";
import { type Call, calls } from "./calls.ts";
import type { AbciLog, Dispatcher } from "./dispatch.ts";
import { AbciFault, reasonOf } from "./errors.ts";
import type { Answer, OnCall } from "./http2/call.ts";
import { Http2Connection } from "./http2/connection.ts";
import { Status } from "./http2/frame.ts";
import type { Limits } from "./limits.ts";
import { type Listening, listen } from "./listen.ts";

/**
 * CometBFT's gRPC client keeps grpc-go's default limit on what it receives and has no setting for it; a larger answer is
 * a consensus failure there (ADR-0002).
 */
export const MAX_ANSWER_BYTES = 4 << 20;

const callByPath: ReadonlyMap<string, Call> = new Map(
  calls.map((call) => [`/${ABCI.typeName}/${call.method}`, call]),
);

function serve(dispatcher: Dispatcher, log: AbciLog): OnCall {
  return (path, message, answer) => {
    const call = callByPath.get(path);
    if (call === undefined) {
      answer.refuse(Status.unimplemented, `there is no method ${path}`);
      return;
    }
    let request: unknown;
    try {
      request = call.decode(message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      log.warn({ call: call.name, err: error }, `ABCI request refused: ${error.message}`);
      answer.refuse(Status.invalidArgument, `${call.name}: ${error.message}`);
      return;
    }
    dispatcher.dispatch(call, request, (body) => {
      if (body.length <= MAX_ANSWER_BYTES) answer.message(body);
      else refuseAnswer(call, body.length, dispatcher, answer);
    });
  };
}

function refuseAnswer(call: Call, size: number, dispatcher: Dispatcher, answer: Answer): void {
  const message = `the answer to ${call.name} has ${size} bytes and CometBFT's gRPC client takes ${MAX_ANSWER_BYTES}`;
  if (call.fallback !== undefined) {
    answer.refuse(Status.resourceExhausted, message);
    return;
  }
  dispatcher.fail(
    new AbciFault("ANSWER_TOO_LARGE", `${message}: go on with transport "socket"`, { call: call.name }),
  );
}

export async function listenGrpc(
  options: { readonly limits: Limits; readonly log: AbciLog; readonly address: Address },
  dispatcher: Dispatcher,
): Promise<Listening> {
  const { limits, log } = options;
  const sockets = new Set<Socket>();
  const onCall = serve(dispatcher, log);
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    new Http2Connection(
      {
        maxMessageBytes: limits.maxFrameBytes,
        maxStreams: limits.maxPending,
        maxUnsentBytes: limits.maxUnsentBytes,
        onRefused: (error) => log.warn({ err: error }, `gRPC connection closed: ${reasonOf(error)}`),
      },
      onCall,
      socket,
    );
  });
  server.maxConnections = limits.maxConnections;
  const address = formatAddress(await listen(server, options.address));
  return {
    address,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
