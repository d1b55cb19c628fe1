/**
 * Transactions from bytes, strictly: ADR-027 for TxRaw (order, minimal varints, nothing twice), ADR-020 for unknown
 * fields. What passes has one meaning, and its bytes are the only ones that have it.
 */
import type { Coin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import { AuthInfo, TxBody, TxRaw } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Address, AddressCodec } from "../runtime/address.ts";
import { toHex } from "../runtime/bytes.ts";
import { type Coins, coinFromProto, coinsFromProto, NO_COINS } from "../runtime/coins.ts";
import { decodeStrictly } from "../runtime/decode.ts";
import { SdkError } from "../runtime/errors.ts";
import type { DecodedMsg, Router } from "../runtime/router.ts";
import { messageSigners } from "../runtime/signers.ts";

/** What one transaction may be at most. Consensus: a block with more is judged by these alone. */
export interface TxLimits {
  /** Bytes of the whole transaction. */
  readonly maxBytes: number;
  readonly maxMsgs: number;
}

/** 1 MiB is also what CometBFT's mempool takes at most by default. */
export const DEFAULT_TX_LIMITS: TxLimits = { maxBytes: 1_048_576, maxMsgs: 500 };

export interface DecodedTx {
  readonly bytes: Uint8Array;
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  readonly body: TxBody;
  readonly authInfo: AuthInfo;
  readonly msgs: readonly DecodedMsg[];
  /** Whose signatures are needed, each once: of the messages in order, then the fee payer. */
  readonly signers: readonly Address[];
  readonly feePayer: Address;
  readonly feeGranter: Address | undefined;
  readonly fee: Coins;
  readonly gasLimit: bigint;
  /** SHA-256 of sign bytes that were asked for (sign-bytes.ts). */
  readonly digests: Map<string, Uint8Array>;
}

/** No transaction may ask for more gas than an int64 of ABCI can say. */
const MAX_GAS = (1n << 63n) - 1n;

/** @throws SdkError.txDecode, txTooLarge, unknownRequest, invalidAddress, invalidRequest */
export function decodeTx(
  bytes: Uint8Array,
  router: Router,
  addresses: AddressCodec,
  limits: TxLimits,
): DecodedTx {
  if (bytes.length > limits.maxBytes) {
    throw SdkError.txTooLarge(`transaction has ${bytes.length} bytes; ${limits.maxBytes} are allowed`);
  }
  const { bodyBytes, authInfoBytes, signatures } = decodeStrictly(TxRaw, bytes, TxRaw.typeName, {
    ordered: true,
  });
  const body = decodeStrictly(TxBody, bodyBytes, TxBody.typeName, { allowNonCritical: true });
  const authInfo = decodeStrictly(AuthInfo, authInfoBytes, AuthInfo.typeName);
  if (!authInfo.fee) throw SdkError.invalidRequest("auth_info.fee: must be given");
  if (body.messages.length === 0)
    throw SdkError.invalidRequest("body.messages: must contain at least one message");
  if (body.messages.length > limits.maxMsgs) {
    throw SdkError.invalidRequest(
      `body.messages: ${body.messages.length} messages; ${limits.maxMsgs} are allowed`,
    );
  }
  const { fee } = authInfo;
  if (fee.gasLimit > MAX_GAS)
    throw SdkError.invalidRequest(`auth_info.fee.gas_limit: ${fee.gasLimit} is over ${MAX_GAS}`);
  const msgs = body.messages.map((any) => router.decodeMsg(any));
  const named = msgs.flatMap((msg) => messageSigners(msg.route.method.request, msg.value, addresses));
  const payer = fee.payer === "" ? undefined : addresses.parse(fee.payer, "auth_info.fee.payer");
  const signers = unique(payer ? [...named, payer] : named);
  if (signers.length === 0) throw SdkError.invalidRequest("body.messages: no message names a signer");
  return {
    bytes,
    bodyBytes,
    authInfoBytes,
    signatures,
    body,
    authInfo,
    msgs,
    signers,
    feePayer: payer ?? signers[0]!,
    feeGranter: fee.granter === "" ? undefined : addresses.parse(fee.granter, "auth_info.fee.granter"),
    fee: feeCoins(fee.amount),
    gasLimit: fee.gasLimit,
    digests: new Map(),
  };
}

/** Wallets write a fee of nothing as `0uopg`, which the SDK takes for none. */
function feeCoins(amount: readonly Coin[]): Coins {
  const given = amount.map((coin, index) => coinFromProto(coin, `auth_info.fee.amount[${index}]`));
  return given.every((coin) => coin.amount === 0n)
    ? NO_COINS
    : coinsFromProto(amount, "auth_info.fee.amount");
}

function unique(addresses: readonly Address[]): Address[] {
  return [...new Map(addresses.map((address) => [toHex(address), address])).values()];
}
