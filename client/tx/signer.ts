/** Who signs: a key in memory, a wallet extension, a Ledger. The SDK only ever hands out what is to be signed. */
import type { Json } from "../../proto/json.ts";
import { addressOf, type PrivateKey, type PublicKey, singlePublicKey } from "../keys/index.ts";

/** `direct` signs the protobuf bytes, `amino` a JSON document (Ledger devices know only that). */
export type SignMode = "direct" | "amino";

export interface SignRequest {
  readonly mode: SignMode;
  readonly chainId: string;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
  /** What SHA-256 and the signature are taken of. */
  readonly signBytes: Uint8Array;
  /** In mode `amino`: the document that signBytes are the text of, for wallets that show it. */
  readonly document?: Json;
}

export interface Signer {
  readonly address: string;
  readonly publicKey: PublicKey;
  /** The modes it can sign in; the first is used unless the caller asks for another. */
  readonly modes: readonly SignMode[];
  /** @returns 64 bytes. */
  sign(request: SignRequest): Promise<Uint8Array>;
}

/** A signer of a key in memory. @param prefix the chain's bech32 prefix. */
export function keySigner(
  key: PrivateKey,
  prefix: string,
  modes: readonly SignMode[] = ["direct", "amino"],
): Signer {
  const publicKey = singlePublicKey(key.publicKey);
  return {
    address: addressOf(publicKey, prefix),
    publicKey,
    modes,
    sign: async ({ signBytes }) => key.sign(signBytes),
  };
}
