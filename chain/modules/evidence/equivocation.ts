/** Proof that a validator signed two blocks of one height. Source: x/evidence/types/evidence.go of the Cosmos SDK v0.53. */
import { Equivocation } from "../../../proto/gen/cosmos.evidence.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import type { Misbehavior } from "../../../proto/gen/tendermint.abci.ts";
import { WireError } from "../../../proto/wire.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { assertTime } from "../../runtime/time.ts";
import { sha256 } from "../../store/sha256.ts";
import { EvidenceError } from "./errors.ts";

/** By which evidence is known: SHA-256 of its encoding. */
export function evidenceHash(equivocation: Equivocation): Uint8Array {
  return sha256(Equivocation.encode(equivocation));
}

/** What CometBFT reports, as evidence. */
export function equivocationOf(
  { height, time, validator }: Misbehavior,
  addresses: AddressCodec,
): Equivocation {
  const { address, power } = validator;
  return { height, time, power, consensusAddress: addresses.consensus.format(address) };
}

export function equivocationToAny(equivocation: Equivocation): Any {
  return { typeUrl: Equivocation.typeUrl, value: Equivocation.encode(equivocation) };
}

/** Reads and checks evidence that somebody gives. @throws EvidenceError.invalidEvidence, SdkError.invalidAddress */
export function equivocationFromAny(any: Any | undefined, addresses: AddressCodec): Equivocation {
  if (any?.typeUrl !== Equivocation.typeUrl) {
    const given = any === undefined ? "is missing" : `${any.typeUrl.slice(0, 200)} is not known`;
    throw EvidenceError.invalidEvidence(`evidence: ${given}; there is ${Equivocation.typeUrl}`);
  }
  let equivocation: Equivocation;
  try {
    equivocation = Equivocation.decode(any.value, { strict: true });
  } catch (error) {
    if (error instanceof WireError) throw EvidenceError.invalidEvidence(`evidence: ${error.message}`);
    throw error;
  }
  const { height, time, power, consensusAddress } = equivocation;
  addresses.consensus.parse(consensusAddress, "evidence.consensus_address");
  assertTime(time, "evidence.time");
  if (time.seconds <= 0n)
    throw EvidenceError.invalidEvidence(`evidence.time: ${time.seconds} is not positive`);
  if (height < 1n) throw EvidenceError.invalidEvidence(`evidence.height: ${height} is not positive`);
  if (power < 1n) throw EvidenceError.invalidEvidence(`evidence.power: ${power} is not positive`);
  return equivocation;
}
