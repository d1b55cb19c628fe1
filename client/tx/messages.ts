/** Messages as transactions hold them, and the types that an Any may hold on this chain. */
import type { AnyMessageType, MessageType } from "../../proto/codec.ts";
import { Msg as AuthMsg, BaseAccount, ModuleAccount } from "../../proto/gen/cosmos.auth.v1beta1.ts";
import { Msg as BankMsg } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Msg as ConsensusMsg } from "../../proto/gen/cosmos.consensus.v1.ts";
import { PubKey as Ed25519PubKey } from "../../proto/gen/cosmos.crypto.ed25519.ts";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey as Secp256k1PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { Msg as InferenceMsg } from "../../proto/gen/opg.inference.v1.ts";
import { Msg as ModelsMsg } from "../../proto/gen/opg.models.v1.ts";
import { TypeRegistry } from "../../proto/registry.ts";

const services = [AuthMsg, BankMsg, ConsensusMsg, ModelsMsg, InferenceMsg];

/** All messages of the chain, their responses, accounts and public keys. Add your own with `add`. */
export function defaultRegistry(): TypeRegistry {
  const messages = services.flatMap((service) =>
    Object.values(service.methods).flatMap((method): AnyMessageType[] => [method.request, method.response]),
  );
  return new TypeRegistry([
    ...messages,
    BaseAccount,
    ModuleAccount,
    Secp256k1PubKey,
    Ed25519PubKey,
    LegacyAminoPubKey,
  ]);
}

/** `pack(MsgSend, { fromAddress, toAddress, amount })`: a message ready for a transaction; what is left out is default. */
export function pack<T>(type: MessageType<T>, value: Partial<T>): Any {
  return { typeUrl: type.typeUrl, value: type.encode(type.create(value)) };
}
