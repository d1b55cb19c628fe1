/** Asking a model: encodes the inputs, pays at most what the caller allows, and decodes the answer. */
import { decodeTensors, encodeTensors, type NamedTensor } from "../../chain/engine/tensor.ts";
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import type { Coin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import { Mode, MsgInfer, MsgInferResponse, Status } from "../../proto/gen/opg.inference.v1.ts";
import type { Queries } from "../query/index.ts";
import { pack } from "../tx/index.ts";
import { OpgError } from "./errors.ts";
import { messageResponse } from "./responses.ts";
import type { Transactor, TxOptions } from "./transactor.ts";
import type { WaitOptions } from "./wait.ts";

export interface InferRequest {
  readonly modelId: bigint;
  readonly inputs: readonly NamedTensor[];
  /** The most that may be charged. Default: the present quote and a quarter more; what is not used is given back. */
  readonly maxFee?: Coin;
  /** Size of the batch dimension, for the default of maxFee. Default 1. */
  readonly batch?: bigint;
  /** The application on whose behalf this is asked. */
  readonly app?: string;
  readonly tags?: readonly string[];
  readonly options?: TxOptions & WaitOptions;
}

export interface InferResult {
  readonly receiptId: bigint;
  /** False: the model could not be run on these inputs; the compute was done and is charged. */
  readonly ok: boolean;
  readonly outputs: readonly NamedTensor[];
  readonly outputHash: Uint8Array;
  readonly fee: Coin;
  readonly computeUnits: bigint;
  readonly txHash: string;
  readonly height: bigint;
}

/** Headroom over a quote: the price moves from block to block, by at most an eighth by default. */
const HEADROOM = { numerator: 5n, denominator: 4n };

async function quotedFee(query: Queries, modelId: bigint, batch: bigint): Promise<Coin> {
  const { fee } = await query.inference.quote({ modelId, batch });
  const amount = (BigInt(fee.amount) * HEADROOM.numerator + HEADROOM.denominator - 1n) / HEADROOM.denominator;
  return { denom: fee.denom, amount: amount.toString() };
}

/**
 * Runs a model by a transaction and waits for its block.
 * @throws TxFailedError if it is refused: an unknown model, inputs of a wrong shape, a fee above maxFee, no budget left
 */
export async function infer(
  transactor: Transactor,
  query: Queries,
  request: InferRequest,
): Promise<InferResult> {
  const { modelId, inputs, batch = 1n, app = "", tags = [], options = {} } = request;
  const maxFee = request.maxFee ?? (await quotedFee(query, modelId, batch));
  const message = pack(MsgInfer, {
    requester: transactor.signer.address,
    modelId,
    inputs: encodeTensors(inputs),
    maxFee,
    mode: Mode.MODE_CONSENSUS,
    app,
    tags,
  });
  const tx = await transactor.execute([message], options);
  const response = messageResponse(tx, MsgInferResponse);
  const ok = response.status === Status.STATUS_OK;
  if (ok && !bytesEqual(sha256(response.outputs), response.outputHash)) {
    throw new OpgError(
      "unexpected_response",
      `the outputs in the answer of transaction ${tx.hash} do not have the hash beside them; ask another node`,
    );
  }
  return {
    receiptId: response.receiptId,
    ok,
    outputs: ok ? decodeTensors(response.outputs) : [],
    outputHash: response.outputHash,
    fee: response.fee,
    computeUnits: response.computeUnits,
    txHash: tx.hash,
    height: tx.height,
  };
}
