/**
 * Transactions before they are signed: body, auth info, and the bytes that each mode signs.
 * Sources: cosmos/tx/v1beta1/tx.proto; ADR-020 of the Cosmos SDK.
 */
import { toHex } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { aminoSignDocJson, sortedText } from "../../proto/amino.ts";
import type { Coin } from "../../proto/gen/cosmos.base.v1beta1.ts";
import { SignMode as ProtoSignMode } from "../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import {
  AuthInfo,
  Fee,
  type ModeInfo,
  SignDoc,
  type SignerInfo,
  TxBody,
  TxRaw,
} from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any, Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { Json } from "../../proto/json.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { type PublicKey, publicKeyToAny } from "../keys/index.ts";
import { TxError } from "./errors.ts";
import type { SignMode, SignRequest } from "./signer.ts";

export interface TxFee {
  readonly amount: readonly Coin[];
  readonly gasLimit: bigint;
  /** Who pays, if not the first signer; signs as well. */
  readonly payer?: string;
  readonly granter?: string;
}

/** What a transaction says, whoever signs it. */
export interface TxContent {
  readonly messages: readonly Any[];
  readonly fee: TxFee;
  readonly memo?: string;
  /** The last height at which it may be included; absent: no limit. */
  readonly timeoutHeight?: bigint;
  readonly unordered?: boolean;
  readonly timeoutTimestamp?: Timestamp;
}

/** One signer's place in a transaction. */
export interface SignerPlace {
  readonly publicKey: PublicKey;
  readonly sequence: bigint;
  readonly mode: SignMode;
}

/** Which account of which chain signs. */
export interface SigningAccount {
  readonly chainId: string;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
}

const modeNumbers: Readonly<Record<SignMode, number>> = {
  direct: ProtoSignMode.SIGN_MODE_DIRECT,
  amino: ProtoSignMode.SIGN_MODE_LEGACY_AMINO_JSON,
};

export function singleMode(mode: SignMode): ModeInfo {
  return { single: { mode: modeNumbers[mode] }, multi: undefined };
}

export function txBody(content: TxContent): TxBody {
  if (content.messages.length === 0)
    throw new TxError("invalid_tx", "a transaction needs at least one message");
  return TxBody.create({
    messages: content.messages,
    memo: content.memo ?? "",
    timeoutHeight: content.timeoutHeight ?? 0n,
    unordered: content.unordered ?? false,
    ...(content.timeoutTimestamp ? { timeoutTimestamp: content.timeoutTimestamp } : {}),
  });
}

function txFee(fee: TxFee): Fee {
  return Fee.create({
    amount: [...fee.amount].sort((a, b) => (a.denom < b.denom ? -1 : 1)),
    gasLimit: fee.gasLimit,
    payer: fee.payer ?? "",
    granter: fee.granter ?? "",
  });
}

export function authInfo(fee: TxFee, signerInfos: readonly SignerInfo[]): AuthInfo {
  return AuthInfo.create({ signerInfos, fee: txFee(fee) });
}

/**
 * The request that `signer` at `places[index]` must sign. All signers of one transaction sign the same body; in mode
 * direct also the same auth info, so that all sequences must be known first.
 * @throws AminoError in mode amino, if a message has no Amino form
 */
export function signRequest(
  content: TxContent,
  places: readonly SignerPlace[],
  account: SigningAccount,
  mode: SignMode,
  registry: TypeRegistry,
): SignRequest {
  const bodyBytes = TxBody.encode(txBody(content));
  const infos = places.map(({ publicKey, sequence, mode: each }) => ({
    publicKey: publicKeyToAny(publicKey),
    modeInfo: singleMode(each),
    sequence,
  }));
  const authInfoBytes = AuthInfo.encode(authInfo(content.fee, infos));
  const { chainId, accountNumber, sequence } = account;
  const common = { mode, chainId, accountNumber, sequence, bodyBytes, authInfoBytes };
  if (mode === "direct") {
    return { ...common, signBytes: SignDoc.encode({ bodyBytes, authInfoBytes, chainId, accountNumber }) };
  }
  const document = aminoDocument(content, account, registry);
  return { ...common, document, signBytes: new TextEncoder().encode(sortedText(document)) };
}

/** The Amino JSON document of a transaction for one account. */
export function aminoDocument(content: TxContent, account: SigningAccount, registry: TypeRegistry): Json {
  const body = txBody(content);
  return aminoSignDocJson(
    {
      ...account,
      fee: txFee(content.fee),
      messages: body.messages,
      memo: body.memo,
      timeoutHeight: body.timeoutHeight,
      unordered: body.unordered,
      timeoutTimestamp: body.timeoutTimestamp,
    },
    registry,
  );
}

export function txBytes(
  bodyBytes: Uint8Array,
  authInfoBytes: Uint8Array,
  signatures: readonly Uint8Array[],
): Uint8Array {
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures });
}

/** How CometBFT names a transaction: SHA-256 of its bytes, in upper-case hex. */
export function txHash(bytes: Uint8Array): string {
  return toHex(sha256(bytes)).toUpperCase();
}
