/** The gRPC server: every endpoint of the catalogue, with reflection. */
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { AnyMethod } from "../../proto/codec.ts";
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from "../../proto/gen/grpc.reflection.v1.ts";
import { NodeError } from "../errors.ts";
import type { Catalogue, Endpoint } from "./catalogue.ts";
import { type Descriptors, describe, serviceOf } from "./descriptors.ts";
import { GatewayError, GrpcCode } from "./errors.ts";
import { REFLECTION_METHODS, reflect } from "./reflection.ts";

/** The state that a query asks for, and the one that answered. Source: GRPCBlockHeightHeader of the SDK. */
export const HEIGHT_HEADER = "x-cosmos-block-height";

export interface GrpcServer {
  /** host:port that it listens on. */
  readonly address: string;
  stop(): Promise<void>;
}

export interface GrpcOptions {
  /** host:port; port 0 for a free one. */
  readonly address: string;
  /** Largest request and answer, in bytes. */
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
}

/** @throws NodeError if the address cannot be listened on */
export async function startGrpc(options: GrpcOptions, catalogue: Catalogue): Promise<GrpcServer> {
  const server = new Server({
    "grpc.max_receive_message_length": options.maxReceiveBytes,
    "grpc.max_send_message_length": options.maxSendBytes,
  });
  const services = new Map<string, Endpoint[]>();
  for (const endpoint of catalogue.endpoints) {
    const name = serviceOf(endpoint.method);
    services.set(name, [...(services.get(name) ?? []), endpoint]);
  }
  for (const endpoints of services.values()) {
    server.addService(
      definition(endpoints.map(({ method }) => method)),
      Object.fromEntries(endpoints.map((endpoint) => [endpoint.method.name, unary(endpoint)])),
    );
  }
  const methods = [...catalogue.endpoints.map(({ method }) => method), ...REFLECTION_METHODS];
  let descriptors: Descriptors | undefined;
  const described = (): Descriptors => {
    descriptors ??= describe(methods, catalogue.types.types);
    return descriptors;
  };
  for (const method of REFLECTION_METHODS)
    server.addService(definition([method]), { [method.name]: reflecting(described) });
  const port = await bind(server, options.address);
  const host = options.address.slice(0, options.address.lastIndexOf(":"));
  return {
    address: `${host}:${port}`,
    stop: async () => {
      // Streams of reflection may stay open for ever: nobody waits for them.
      server.forceShutdown();
    },
  };
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error) {
        reject(
          new NodeError(
            "config",
            `grpc.address: cannot listen on ${address} (${error.message}); name a free port, or switch it off with grpc.enable = false`,
          ),
        );
      } else resolve(port);
    });
  });
}

function definition(methods: readonly AnyMethod[]): ServiceDefinition<UntypedServiceImplementation> {
  return Object.fromEntries(
    methods.map((method) => [
      method.name,
      {
        path: method.path,
        requestStream: method.clientStreaming,
        responseStream: method.serverStreaming,
        requestSerialize: (value: unknown) => Buffer.from(method.request.encode(value)),
        requestDeserialize: (bytes: Buffer): unknown => method.request.decode(bytes),
        responseSerialize: (value: unknown) => Buffer.from(method.response.encode(value)),
        responseDeserialize: (bytes: Buffer): unknown => method.response.decode(bytes),
      },
    ]),
  );
}

function unary({ call }: Endpoint): handleUnaryCall<unknown, unknown> {
  // Async, so that a height that is none is answered as any other fault.
  const answer = async (header: unknown, request: unknown) => call(request, { height: parseHeight(header) });
  return (request, callback) => {
    answer(request.metadata.get(HEIGHT_HEADER)[0], request.request).then(
      ({ response, height }) => {
        if (height !== undefined) {
          const header = new Metadata();
          header.set(HEIGHT_HEADER, height.toString());
          request.sendMetadata(header);
        }
        callback(null, response);
      },
      (error: unknown) => callback(toStatus(error)),
    );
  };
}

/** @throws GatewayError unless the header is missing or a height */
export function parseHeight(header: unknown): bigint {
  if (header === undefined || header === "") return 0n;
  const text = String(header);
  if (!/^\d{1,19}$/.test(text))
    throw new GatewayError(GrpcCode.invalidArgument, `${HEIGHT_HEADER}: ${text.slice(0, 40)} is no height`);
  return BigInt(text);
}

function toStatus(error: unknown): { readonly code: number; readonly details: string } {
  if (error instanceof GatewayError) return { code: error.code, details: error.message };
  return { code: GrpcCode.internal, details: error instanceof Error ? error.message : String(error) };
}

function reflecting(
  descriptors: () => Descriptors,
): handleBidiStreamingCall<ServerReflectionRequest, ServerReflectionResponse> {
  return (stream) => {
    stream.on("data", (request: ServerReflectionRequest) => stream.write(reflect(request, descriptors())));
    stream.on("end", () => stream.end());
    stream.on("error", () => stream.end());
  };
}
