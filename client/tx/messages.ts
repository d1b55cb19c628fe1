/** Messages as transactions hold them, and the types that an Any may hold on this chain. */
import type { AnyMessageType, MessageType } from "../../proto/codec.ts";
import { Msg as AuthMsg, BaseAccount, ModuleAccount } from "../../proto/gen/cosmos.auth.v1beta1.ts";
import { Msg as AuthzMsg, GenericAuthorization } from "../../proto/gen/cosmos.authz.v1beta1.ts";
import { Msg as BankMsg, SendAuthorization } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Msg as ConsensusMsg } from "../../proto/gen/cosmos.consensus.v1.ts";
import { PubKey as Ed25519PubKey } from "../../proto/gen/cosmos.crypto.ed25519.ts";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey as Secp256k1PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import { Msg as DistributionMsg } from "../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Msg as EvidenceMsg } from "../../proto/gen/cosmos.evidence.v1beta1.ts";
import {
  AllowedMsgAllowance,
  BasicAllowance,
  Msg as FeegrantMsg,
  PeriodicAllowance,
} from "../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { Msg as GovMsg } from "../../proto/gen/cosmos.gov.v1.ts";
import { Msg as LegacyGovMsg, TextProposal } from "../../proto/gen/cosmos.gov.v1beta1.ts";
import { Msg as MintMsg } from "../../proto/gen/cosmos.mint.v1beta1.ts";
import { ParameterChangeProposal } from "../../proto/gen/cosmos.params.v1beta1.ts";
import { Msg as SlashingMsg } from "../../proto/gen/cosmos.slashing.v1beta1.ts";
import { StakeAuthorization, Msg as StakingMsg } from "../../proto/gen/cosmos.staking.v1beta1.ts";
import {
  CancelSoftwareUpgradeProposal,
  SoftwareUpgradeProposal,
  Msg as UpgradeMsg,
} from "../../proto/gen/cosmos.upgrade.v1beta1.ts";
import {
  ContinuousVestingAccount,
  DelayedVestingAccount,
  PeriodicVestingAccount,
  PermanentLockedAccount,
  Msg as VestingMsg,
} from "../../proto/gen/cosmos.vesting.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { Msg as ComputeMsg } from "../../proto/gen/opg.compute.v1.ts";
import { Msg as FeesMsg } from "../../proto/gen/opg.fees.v1.ts";
import { Msg as InferenceMsg } from "../../proto/gen/opg.inference.v1.ts";
import { Msg as ModelsMsg } from "../../proto/gen/opg.models.v1.ts";
import { TypeRegistry } from "../../proto/registry.ts";

const services = [
  AuthMsg,
  AuthzMsg,
  BankMsg,
  ConsensusMsg,
  DistributionMsg,
  EvidenceMsg,
  FeegrantMsg,
  GovMsg,
  LegacyGovMsg,
  MintMsg,
  SlashingMsg,
  StakingMsg,
  UpgradeMsg,
  VestingMsg,
  FeesMsg,
  ModelsMsg,
  InferenceMsg,
  ComputeMsg,
];

/** What stands in an Any and is no message. */
const types: readonly AnyMessageType[] = [
  BaseAccount,
  ModuleAccount,
  ContinuousVestingAccount,
  DelayedVestingAccount,
  PeriodicVestingAccount,
  PermanentLockedAccount,
  Secp256k1PubKey,
  Ed25519PubKey,
  LegacyAminoPubKey,
  GenericAuthorization,
  SendAuthorization,
  StakeAuthorization,
  BasicAllowance,
  PeriodicAllowance,
  AllowedMsgAllowance,
  TextProposal,
  ParameterChangeProposal,
  SoftwareUpgradeProposal,
  CancelSoftwareUpgradeProposal,
];

/** All messages of the chain, their responses, accounts, keys, grants and contents. Add your own with `add`. */
export function defaultRegistry(): TypeRegistry {
  const messages = services.flatMap((service) =>
    Object.values(service.methods).flatMap((method): AnyMessageType[] => [method.request, method.response]),
  );
  return new TypeRegistry([...messages, ...types]);
}

/** `pack(MsgSend, { fromAddress, toAddress, amount })`: a message ready for a transaction; what is left out is default. */
export function pack<T>(type: MessageType<T>, value: Partial<T>): Any {
  return { typeUrl: type.typeUrl, value: type.encode(type.create(value)) };
}
