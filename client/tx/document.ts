/**
 * Transactions as files hold them: unsigned, signed by some, signed by all. The form is cosmos.tx.v1beta1.Tx, whose
 * JSON the Cosmos SDK's command line reads and writes; signatures alone are SignatureDescriptors.
 * Source: client/tx and x/auth/client of the Cosmos SDK, v0.53.
 */
import { AddressCodec } from "../../chain/runtime/address.ts";
import { messageSigners } from "../../chain/runtime/signers.ts";
import { MultiSignature } from "../../proto/gen/cosmos.crypto.multisig.v1beta1.ts";
import {
  SignatureDescriptor,
  type SignatureDescriptor_Data,
  SignatureDescriptors,
} from "../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import {
  AuthInfo,
  type ModeInfo,
  type SignerInfo,
  type Tx,
  TxBody,
  TxRaw,
} from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { addressBytes, publicKeyFromAny, publicKeyToAny } from "../keys/index.ts";
import { authInfo, type SigningAccount, signRequest, singleMode, type TxContent, txBody } from "./build.ts";
import { TxError } from "./errors.ts";
import type { Signer, SignMode } from "./signer.ts";

/** With nobody's signature yet. */
export function unsignedTx(content: TxContent): Tx {
  return { body: txBody(content), authInfo: authInfo(content.fee, []), signatures: [] };
}

/** What a transaction says. @throws TxError if it has parts that this chain does not take */
export function contentOf(tx: Tx): TxContent {
  const { body, authInfo: info } = tx;
  if (!body || !info?.fee)
    throw new TxError("invalid_tx", `${body ? "auth_info.fee" : "body"}: is missing; it is no transaction`);
  if (body.extensionOptions.length > 0 || body.nonCriticalExtensionOptions.length > 0)
    throw new TxError("invalid_tx", "body.extension_options: this chain knows none; leave them out");
  const { amount, gasLimit, payer, granter } = info.fee;
  return {
    messages: body.messages,
    fee: { amount, gasLimit, ...(payer ? { payer } : {}), ...(granter ? { granter } : {}) },
    memo: body.memo,
    timeoutHeight: body.timeoutHeight,
    unordered: body.unordered,
    ...(body.timeoutTimestamp ? { timeoutTimestamp: body.timeoutTimestamp } : {}),
  };
}

/** The bytes to broadcast. */
export function encodeTx(tx: Tx): Uint8Array {
  return TxRaw.encode({
    bodyBytes: TxBody.encode(tx.body ?? TxBody.create()),
    authInfoBytes: AuthInfo.encode(tx.authInfo ?? AuthInfo.create()),
    signatures: tx.signatures,
  });
}

/** @throws WireError if the bytes are no transaction */
export function decodeTxBytes(bytes: Uint8Array): Tx {
  const { bodyBytes, authInfoBytes, signatures } = TxRaw.decode(bytes);
  return { body: TxBody.decode(bodyBytes), authInfo: AuthInfo.decode(authInfoBytes), signatures };
}

/**
 * The addresses that must sign, in order: the messages' signers, each once, and the fee payer if it is none of them.
 * @throws TxError if a message is of no type that the registry knows
 */
export function requiredSigners(tx: Tx, registry: TypeRegistry, prefix: string): readonly string[] {
  const codec = new AddressCodec(prefix);
  const signers = (tx.body?.messages ?? []).flatMap(({ typeUrl, value }, at) => {
    const type = registry.get(typeUrl);
    if (!type) throw new TxError("invalid_tx", `body.messages[${at}]: there is no message ${typeUrl}`);
    return messageSigners(type, type.decode(value), codec).map((address) => codec.format(address));
  });
  const payer = tx.authInfo?.fee?.payer;
  return [...new Set(payer ? [...signers, payer] : signers)];
}

export interface SignDocumentOptions {
  readonly mode: SignMode;
  /** In place of all signatures that are there. */
  readonly overwrite?: boolean;
}

/**
 * Adds a signature, and puts signatures into the order of the signers.
 * @throws TxError if `signer` need not sign, or if mode direct is asked where others sign too: their sequences are in
 * what it covers, and not known yet
 */
export async function signDocument(
  tx: Tx,
  signer: Signer,
  account: SigningAccount,
  registry: TypeRegistry,
  { mode, overwrite = false }: SignDocumentOptions,
): Promise<Tx> {
  const prefix = signer.address.slice(0, signer.address.lastIndexOf("1"));
  const signers = requiredSigners(tx, registry, prefix);
  if (!signers.includes(signer.address))
    throw new TxError(
      "no_signer",
      `${signer.address} need not sign this transaction; ${signers.join(", ") || "nobody"} must`,
    );
  const kept = overwrite ? [] : placed(tx).filter(({ address }) => address(prefix) !== signer.address);
  if (mode === "direct" && (signers.length > 1 || kept.length > 0))
    throw new TxError(
      "unsupported_mode",
      `${signers.length} accounts sign this transaction: mode direct is for one alone; sign with --sign-mode amino-json`,
    );
  const place = { publicKey: signer.publicKey, sequence: account.sequence, mode };
  const request = signRequest(contentOf(tx), [place], account, mode, registry);
  const signature = await signer.sign(request);
  const info = {
    publicKey: publicKeyToAny(signer.publicKey),
    modeInfo: singleMode(mode),
    sequence: account.sequence,
  };
  const all = [...kept, { info, signature, address: () => signer.address }];
  all.sort((a, b) => signers.indexOf(a.address(prefix)) - signers.indexOf(b.address(prefix)));
  return withSignatures(tx, all);
}

interface Placed {
  readonly info: SignerInfo;
  readonly signature: Uint8Array;
  /** Of the signer's key. */
  address(prefix: string): string;
}

function placed(tx: Tx): readonly Placed[] {
  return (tx.authInfo?.signerInfos ?? []).map((info, at) => ({
    info,
    signature: tx.signatures[at] ?? new Uint8Array(0),
    address: (prefix) =>
      info.publicKey ? new AddressCodec(prefix).format(addressBytes(publicKeyFromAny(info.publicKey))) : "",
  }));
}

function withSignatures(tx: Tx, all: readonly Pick<Placed, "info" | "signature">[]): Tx {
  const signerInfos = all.map(({ info }) => info);
  return {
    body: tx.body,
    authInfo: AuthInfo.create({ ...tx.authInfo, signerInfos }),
    signatures: all.map(({ signature }) => signature),
  };
}

/** The signatures alone, as files for whoever puts them together. @throws TxError */
export function signatureDescriptors(tx: Tx): SignatureDescriptors {
  return SignatureDescriptors.create({
    signatures: placed(tx).map(({ info, signature }) =>
      SignatureDescriptor.create({
        publicKey: info.publicKey,
        data: dataOf(info.modeInfo, signature),
        sequence: info.sequence,
      }),
    ),
  });
}

function dataOf(modeInfo: ModeInfo | undefined, signature: Uint8Array): SignatureDescriptor_Data {
  if (modeInfo?.multi) {
    const { signatures } = MultiSignature.decode(signature);
    const parts = modeInfo.multi.modeInfos.map((each, at) =>
      dataOf(each, signatures[at] ?? new Uint8Array(0)),
    );
    return { single: undefined, multi: { bitarray: modeInfo.multi.bitarray, signatures: parts } };
  }
  return { single: { mode: modeInfo?.single?.mode ?? 0, signature }, multi: undefined };
}
