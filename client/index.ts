/** The SDK: `OpgClient` for most, and the parts it is made of. docs/sdk.md. */
export * from "./keys/index.ts";
export * from "./light/index.ts";
export * from "./market/index.ts";
export * from "./opg/index.ts";
export * from "./proof/index.ts";
export * from "./query/index.ts";
export * from "./rpc/index.ts";
export * from "./tensor.ts";
export * from "./tx/index.ts";
