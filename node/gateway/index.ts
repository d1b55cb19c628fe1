/** The doors for clients that do not speak CometBFT's RPC: gRPC and REST, on one catalogue of methods. */
export type { Answer, Catalogue, Endpoint, QueryApp } from "./catalogue.ts";
export { GatewayError, GrpcCode } from "./errors.ts";
export { type GrpcServer, startGrpc } from "./grpc.ts";
export { openApi } from "./openapi.ts";
export { type RestServer, startRest } from "./rest.ts";
export { catalogueOf, type GatewaySettings, type Gateways, startGateways } from "./start.ts";
