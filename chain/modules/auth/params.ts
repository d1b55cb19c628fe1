/** Parameters of auth: limits and gas of what every transaction carries. */
import type { Params } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { SdkError } from "../../runtime/errors.ts";

/** Source: x/auth/types/params.go of the Cosmos SDK v0.53. */
export const DEFAULT_PARAMS: Params = {
  /** Characters of a memo. */
  maxMemoCharacters: 256n,
  /** Signatures of one transaction, members of a multisig counted one by one. */
  txSigLimit: 7n,
  /** Gas for each byte of a transaction. */
  txSizeCostPerByte: 10n,
  /** Gas of one ed25519 signature check. */
  sigVerifyCostEd25519: 590n,
  /** Gas of one secp256k1 signature check. */
  sigVerifyCostSecp256k1: 1_000n,
};

/** Upper bounds of ours, beyond which a block could not be worked off; the SDK only asks for positive numbers. */
const BOUNDS: Readonly<Record<keyof Params, bigint>> = {
  maxMemoCharacters: 100_000n,
  txSigLimit: 1_000n,
  txSizeCostPerByte: 1_000_000n,
  sigVerifyCostEd25519: 1_000_000_000n,
  sigVerifyCostSecp256k1: 1_000_000_000n,
};

/** @throws SdkError.invalidRequest naming the parameter */
export function validateParams(params: Params): void {
  for (const [name, most] of Object.entries(BOUNDS) as [keyof Params, bigint][]) {
    const value = params[name];
    if (value < 1n || value > most) {
      throw SdkError.invalidRequest(`params.${name}: ${value} is not from 1 to ${most}`);
    }
  }
}
