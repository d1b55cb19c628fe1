/** Faults as gRPC and its gateway say them. Source: google/rpc/code.proto, and runtime/errors.go of grpc-gateway. */
import type { ResponseQuery } from "../../proto/gen/tendermint.abci.ts";

export const GrpcCode = {
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;
export type GrpcCode = (typeof GrpcCode)[keyof typeof GrpcCode];

export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: GrpcCode;
  constructor(code: GrpcCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Root codes of the SDK that a client can tell apart by gRPC's code; what is not here is unknown. */
const BY_SDK_CODE: Readonly<Record<number, GrpcCode>> = {
  2: GrpcCode.invalidArgument,
  6: GrpcCode.unimplemented,
  7: GrpcCode.invalidArgument,
  10: GrpcCode.invalidArgument,
  18: GrpcCode.invalidArgument,
  22: GrpcCode.notFound,
  26: GrpcCode.invalidArgument,
  38: GrpcCode.notFound,
};

/** The fault of a query that the application refused. */
export function queryFault({ code, codespace, log }: ResponseQuery): GatewayError {
  const known = codespace === "sdk" ? BY_SDK_CODE[code] : undefined;
  // The code that the chain knows it by goes with the text, as clients of the SDK read it.
  return new GatewayError(known ?? GrpcCode.unknown, `${log}: codespace ${codespace} code ${code}`);
}

const HTTP_STATUS: Readonly<Record<GrpcCode, number>> = {
  [GrpcCode.unknown]: 500,
  [GrpcCode.invalidArgument]: 400,
  [GrpcCode.notFound]: 404,
  [GrpcCode.unimplemented]: 501,
  [GrpcCode.internal]: 500,
  [GrpcCode.unavailable]: 503,
};

export function httpStatus(code: GrpcCode): number {
  return HTTP_STATUS[code];
}
