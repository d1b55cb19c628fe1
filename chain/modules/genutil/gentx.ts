/** A genesis transaction: a signed MsgCreateValidator as JSON. Source: x/genutil/types/genesis_state.go of the SDK v0.53. */
import { MsgCreateValidator } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { AuthInfo, Tx, TxBody, TxRaw } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { fromJson, type Json, JsonError, type TypeRegistry, toJson } from "../../../proto/json.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { ChainError, SdkError } from "../../runtime/errors.ts";
import type { Router } from "../../runtime/router.ts";

export interface Gentx {
  readonly tx: Tx;
  readonly message: MsgCreateValidator;
}

/** @throws SdkError.invalidRequest naming the path, or what the message itself refuses */
export function parseGentx(json: Json, router: Router, addresses: AddressCodec): Gentx {
  const tx = readTx(json, router.types);
  const { body, authInfo } = tx;
  if (!body || !authInfo) throw SdkError.invalidRequest("body: must be given, and auth_info");
  const [any] = body.messages;
  if (!any || body.messages.length > 1)
    throw SdkError.invalidRequest(
      `body.messages: ${body.messages.length} are given; a genesis transaction has one`,
    );
  if (any.typeUrl !== MsgCreateValidator.typeUrl)
    throw SdkError.invalidRequest(
      `body.messages[0]: ${any.typeUrl.slice(0, 200)} is not ${MsgCreateValidator.typeUrl}`,
    );
  if (tx.signatures.length !== 1)
    throw SdkError.invalidRequest(
      `signatures: ${tx.signatures.length} are given; the operator's is needed, sign with opgd genesis gentx`,
    );
  const { route, value } = router.decodeMsg(any);
  try {
    route.validate?.(value, addresses);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new ChainError(error.codespace, error.code, `body.messages[0].${error.message}`);
  }
  return { tx, message: value as MsgCreateValidator };
}

function readTx(json: Json, types: TypeRegistry): Tx {
  try {
    return fromJson(Tx, json, types);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw SdkError.invalidRequest(error.message.replace(/^\$\.?/, ""));
  }
}

/** The bytes that were signed, and are delivered: encoding is canonical. */
export function gentxBytes({ tx: { body, authInfo, signatures } }: Gentx): Uint8Array {
  return TxRaw.encode({
    bodyBytes: TxBody.encode(body!),
    authInfoBytes: AuthInfo.encode(authInfo!),
    signatures,
  });
}

/** A transaction's bytes as the JSON of a genesis file. */
export function gentxJson(bytes: Uint8Array, types: TypeRegistry): Json {
  const { bodyBytes, authInfoBytes, signatures } = TxRaw.decode(bytes);
  const tx = { body: TxBody.decode(bodyBytes), authInfo: AuthInfo.decode(authInfoBytes), signatures };
  return toJson(Tx, tx, types);
}
