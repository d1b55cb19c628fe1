/** What messages answered, out of a transaction's result. */
import type { MessageType } from "../../proto/codec.ts";
import { TxMsgData } from "../../proto/gen/cosmos.base.abci.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import type { TxResult } from "../rpc/index.ts";
import { OpgError } from "./errors.ts";

/** The answers of a transaction's messages, in their order. */
export function messageResponses({ result }: Pick<TxResult, "result">): readonly Any[] {
  return TxMsgData.decode(result.data).msgResponses;
}

/** The answer of message `index` as `type`. @throws OpgError if it is of another type, or none */
export function messageResponse<T>(
  tx: Pick<TxResult, "result" | "hash">,
  type: MessageType<T>,
  index = 0,
): T {
  const response = messageResponses(tx)[index];
  if (response?.typeUrl !== type.typeUrl) {
    throw new OpgError(
      "unexpected_response",
      `message ${index} of transaction ${tx.hash} answered ${response?.typeUrl ?? "nothing"}, not ${type.typeUrl}`,
    );
  }
  return type.decode(response.value);
}
