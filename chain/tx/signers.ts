/** The accounts that must sign, each with its key: the one on the account, or the one that the transaction brings. */
import { base64 } from "@scure/base";
import type { SignerInfo } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { type Account, withBase } from "../modules/auth/index.ts";
import type { Address } from "../runtime/address.ts";
import { bytesEqual } from "../runtime/bytes.ts";
import type { Context } from "../runtime/context.ts";
import { SdkError } from "../runtime/errors.ts";
import type { Step } from "./pipeline.ts";
import { type PublicKey, publicKeyAddress, publicKeyFromAny, publicKeyToAny } from "./public-key.ts";

export interface Signer {
  readonly address: Address;
  /** With the public key set, if it was not before. */
  readonly account: Account;
  /** Undefined only in a simulation of an account that never signed. */
  readonly publicKey: PublicKey | undefined;
  readonly info: SignerInfo | undefined;
  readonly signature: Uint8Array;
}

export const loadSigners: Step = (ctx, work, { auth }) => {
  const { tx } = work;
  const infos = tx.authInfo.signerInfos;
  const simulate = ctx.mode === "simulate";
  if (!simulate) {
    if (tx.signatures.length === 0) throw SdkError.noSignatures("signatures: none are given");
    if (tx.signatures.length !== tx.signers.length || infos.length !== tx.signers.length) {
      throw SdkError.unauthorized(
        `signatures: ${tx.signers.length} signers are needed; there are ${tx.signatures.length} signatures and ${infos.length} signer infos`,
      );
    }
  }
  work.signers = tx.signers.map((address, index) => {
    const account = auth.account(ctx, address);
    if (!account) throw SdkError.unknownAddress(`account ${ctx.addresses.format(address)} does not exist`);
    const info = infos[index];
    const signature = tx.signatures[index] ?? new Uint8Array(0);
    return { address, info, signature, ...keyOf(ctx, address, account, info, simulate) };
  });
  for (const signer of work.signers) announce(ctx, signer);
};

/** What a transaction is found by, signer after signer. Source: SetPubKeyDecorator of x/auth/ante/sigverify.go, SDK v0.53. */
function announce(ctx: Context, { account, info, signature }: Signer): void {
  const { address, sequence } = account.base;
  ctx.events.emit("tx", { acc_seq: `${address}/${info?.sequence ?? sequence}` });
  if (signature.length > 0) ctx.events.emit("tx", { signature: base64.encode(signature) });
}

/** @throws SdkError.invalidPubKey if there is no key, or the one given is not the address's */
function keyOf(
  ctx: Context,
  address: Address,
  account: Account,
  info: SignerInfo | undefined,
  simulate: boolean,
): { readonly account: Account; readonly publicKey: PublicKey | undefined } {
  const known = account.base.pubKey;
  if (known) {
    // Amino JSON does not cover signer infos: a key that is given must be the account's, or anyone could put in another.
    if (info?.publicKey && !simulate && !sameAny(info.publicKey, known)) {
      assertKeyOf(publicKeyFromAny(info.publicKey), ctx, address);
    }
    return { account, publicKey: publicKeyFromAny(known) };
  }
  if (!info?.publicKey) {
    if (simulate) return { account, publicKey: undefined };
    throw SdkError.invalidPubKey(
      `public_key: none is given, and account ${account.base.address} has none yet`,
    );
  }
  const publicKey = publicKeyFromAny(info.publicKey);
  if (simulate && !bytesEqual(publicKeyAddress(publicKey), address)) return { account, publicKey: undefined };
  assertKeyOf(publicKey, ctx, address);
  return { account: withBase(account, { pubKey: publicKeyToAny(publicKey) }), publicKey };
}

function sameAny(a: Any, b: Any): boolean {
  return a.typeUrl === b.typeUrl && bytesEqual(a.value, b.value);
}

/** @throws SdkError.invalidPubKey */
function assertKeyOf(publicKey: PublicKey, ctx: Context, address: Address): void {
  if (bytesEqual(publicKeyAddress(publicKey), address)) return;
  throw SdkError.invalidPubKey(
    `public_key: does not match the signer's address ${ctx.addresses.format(address)}`,
  );
}
