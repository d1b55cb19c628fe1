/** Signing: one or several single-key signers over one transaction. */
import type { TypeRegistry } from "../../proto/registry.ts";
import { verifySignature } from "../keys/index.ts";
import { type SignerPlace, type SigningAccount, signRequest, type TxContent, txBytes } from "./build.ts";
import { TxError } from "./errors.ts";
import type { Signer, SignMode } from "./signer.ts";

export interface SigningParty extends SigningAccount {
  readonly signer: Signer;
  /** Default: the first mode that the signer has. */
  readonly mode?: SignMode;
}

/**
 * Signs a transaction by every party, in the order of the messages' signers (the fee payer last if it is none of them).
 * @returns the bytes to broadcast
 * @throws TxError if a signer cannot sign in the mode asked, or signs something else
 */
export async function signTx(
  content: TxContent,
  parties: readonly SigningParty[],
  registry: TypeRegistry,
): Promise<Uint8Array> {
  if (parties.length === 0) throw new TxError("no_signer", "a transaction needs at least one signer");
  const modes = parties.map(modeOf);
  const places: SignerPlace[] = parties.map(({ signer, sequence }, index) => ({
    publicKey: signer.publicKey,
    sequence,
    mode: modes[index]!,
  }));
  const requests = parties.map((party, index) =>
    signRequest(content, places, party, modes[index]!, registry),
  );
  const signatures: Uint8Array[] = [];
  // One after the other: a wallet shows one request at a time.
  for (const [index, { signer }] of parties.entries()) {
    const request = requests[index]!;
    const signature = await signer.sign(request);
    if (
      signer.publicKey.type === "secp256k1" &&
      !verifySignature(signer.publicKey.key, request.signBytes, signature)
    ) {
      throw new TxError(
        "bad_signature",
        `the signer of ${signer.address} signed something else, or with another key`,
      );
    }
    signatures.push(signature);
  }
  const { bodyBytes, authInfoBytes } = requests[0]!;
  return txBytes(bodyBytes, authInfoBytes, signatures);
}

function modeOf({ signer, mode }: SigningParty): SignMode {
  const chosen = mode ?? signer.modes[0];
  if (chosen === undefined || !signer.modes.includes(chosen)) {
    throw new TxError(
      "unsupported_mode",
      `the signer of ${signer.address} signs ${signer.modes.join(", ") || "nothing"}, not ${chosen}`,
    );
  }
  if (signer.publicKey.type === "multisig") {
    throw new TxError(
      "unsupported_mode",
      `${signer.address} is a multisig: collect its members' signatures and use assembleMultisig`,
    );
  }
  return chosen;
}
