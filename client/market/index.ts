export { MarketError, type MarketErrorCode } from "./errors.ts";
export { Market, type PostedJob, type PostJobRequest, type WaitForJobOptions } from "./market.ts";
export { CLOSED, isClosed, statusName } from "./status.ts";
