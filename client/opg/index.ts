export { type Account, type ConnectOptions, OpgClient } from "./client.ts";
export { OpgError, type OpgErrorCode, TxFailedError, type TxStage } from "./errors.ts";
export { feeOf, formatGasPrice, type GasPrice, parseGasPrice } from "./fees.ts";
export type { InferRequest, InferResult } from "./infer.ts";
export { messageResponse, messageResponses } from "./responses.ts";
export { Transactor, type TransactorOptions, type TxOptions } from "./transactor.ts";
export type { UploadProgress, UploadRequest } from "./upload.ts";
export { type WaitOptions, waitForTx } from "./wait.ts";
