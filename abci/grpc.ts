/** The gRPC transport: service tendermint.abci.ABCI, unary calls, over our own codec. */
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ABCI } from "../proto/gen/tendermint.abci.ts";
import { WireError } from "../proto/wire.ts";
import { type Address, formatAddress, hostPort } from "./address.ts";
import { type Call, calls } from "./calls.ts";
import type { AbciLog, Dispatcher } from "./dispatch.ts";
import { AbciFault } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { type Listening, removeStaleSocket, restrictSocket } from "./listen.ts";

// Requests and responses pass through the library as bytes: the dispatcher encodes, so that an answer that cannot be
// encoded is the application's fault and not the transport's.
const asBytes = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
const fromBuffer = (bytes: Buffer): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

/**
 * CometBFT's gRPC client keeps grpc-go's default limit on what it receives and has no setting for it; a larger answer is
 * a consensus failure there (ADR-0002).
 */
export const MAX_ANSWER_BYTES = 4 << 20;

function serviceDefinition(): ServiceDefinition {
  const methods = calls.map((call) => [
    call.method,
    {
      path: `/${ABCI.typeName}/${call.method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asBytes,
      requestDeserialize: fromBuffer,
      responseSerialize: asBytes,
      responseDeserialize: fromBuffer,
    },
  ]);
  return Object.fromEntries(methods) as ServiceDefinition;
}

function handler(call: Call, dispatcher: Dispatcher, log: AbciLog): handleUnaryCall<Uint8Array, Uint8Array> {
  return (unary, respond) => {
    const refuseAnswer = (size: number): void => {
      const message = `the answer to ${call.name} has ${size} bytes and CometBFT's gRPC client takes ${MAX_ANSWER_BYTES}`;
      if (call.fallback !== undefined) respond({ code: status.RESOURCE_EXHAUSTED, details: message });
      else {
        dispatcher.fail(
          new AbciFault("ANSWER_TOO_LARGE", `${message}: go on with transport "socket"`, { call: call.name }),
        );
      }
    };
    let request: unknown;
    try {
      request = call.decode(unary.request);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      log.warn({ call: call.name, err: error }, `ABCI request refused: ${error.message}`);
      respond({ code: status.INVALID_ARGUMENT, details: `${call.name}: ${error.message}` });
      return;
    }
    dispatcher.dispatch(call, request, (body) => {
      if (body.length <= MAX_ANSWER_BYTES) respond(null, body);
      else refuseAnswer(body.length);
    });
  };
}

export async function listenGrpc(
  options: { readonly limits: Limits; readonly log: AbciLog; readonly address: Address },
  dispatcher: Dispatcher,
): Promise<Listening> {
  const { limits, log, address } = options;
  const server = new Server({
    "grpc.max_receive_message_length": limits.maxFrameBytes,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": limits.maxPending,
  });
  server.addService(
    serviceDefinition(),
    Object.fromEntries(
      calls.map((call) => [call.method, handler(call, dispatcher, log)]),
    ) as UntypedServiceImplementation,
  );
  if (address.kind === "unix") await removeStaleSocket(address.path);
  const target = address.kind === "unix" ? `unix://${address.path}` : hostPort(address);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else {
        reject(
          new AbciFault("BAD_ADDRESS", `cannot listen on ${formatAddress(address)}: ${error.message}`, {
            cause: error,
          }),
        );
      }
    });
  });
  if (address.kind === "unix") restrictSocket(address.path);
  return {
    address: formatAddress(address.kind === "unix" ? address : { ...address, port }),
    async close() {
      server.forceShutdown();
    },
  };
}
