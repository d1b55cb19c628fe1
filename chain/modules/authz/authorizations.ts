/**
 * What a grant allows: any message of a type, sends up to a limit, stakes with some validators up to a limit.
 * Sources: x/authz/generic_authorization.go, x/bank/types/send_authorization.go, x/staking/types/authz.go of the SDK v0.53.
 */
import { GenericAuthorization } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import { MsgSend, SendAuthorization } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  AuthorizationType,
  MsgBeginRedelegate,
  MsgCancelUnbondingDelegation,
  MsgDelegate,
  MsgUndelegate,
  StakeAuthorization,
} from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { coinFromProto, coinsFromProto, coinsToProto, subtractCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { decodeStrictly } from "../../runtime/decode.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { DecodedMsg } from "../../runtime/router.ts";
import { BankError } from "../bank/index.ts";
import { AuthzError } from "./errors.ts";

/** Of going through one entry of a list. Source: gasCostPerIteration of the SDK. */
export const GAS_PER_ENTRY = 10n;

/** What becomes of a grant that was used: it stays, it is used up, or less is left of it. */
export type Accepted = "keep" | "delete" | { readonly update: Any };

export interface Authorization {
  /** Type URL of the messages that it is for. */
  readonly typeUrl: string;
  /** @throws ChainError if the message is not allowed */
  accept(ctx: Context, msg: DecodedMsg): Accepted;
}

export const AUTHORIZATION_TYPES = [GenericAuthorization, SendAuthorization, StakeAuthorization] as const;

/** Reads and checks an authorization, strictly. @throws SdkError.invalidType, AuthzError, SdkError.invalidCoins, BankError */
export function authorizationFromAny(any: Any | undefined, addresses: AddressCodec): Authorization {
  switch (any?.typeUrl) {
    case GenericAuthorization.typeUrl:
      return generic(decodeStrictly(GenericAuthorization, any.value, "grant.authorization"));
    case SendAuthorization.typeUrl:
      return send(decodeStrictly(SendAuthorization, any.value, "grant.authorization"), addresses);
    case StakeAuthorization.typeUrl:
      return stake(decodeStrictly(StakeAuthorization, any.value, "grant.authorization"), addresses);
    default: {
      const known = AUTHORIZATION_TYPES.map(({ typeUrl }) => typeUrl).join(", ");
      const given = any === undefined ? "is missing" : `${any.typeUrl.slice(0, 200)} is no authorization`;
      throw SdkError.invalidType(`grant.authorization: ${given}; there are ${known}`);
    }
  }
}

function generic({ msg }: GenericAuthorization): Authorization {
  if (msg === "") throw SdkError.invalidType("grant.authorization.msg: is empty; name a type of message");
  return { typeUrl: msg, accept: () => "keep" };
}

function send({ spendLimit, allowList }: SendAuthorization, addresses: AddressCodec): Authorization {
  const limit = coinsFromProto(spendLimit, "grant.authorization.spend_limit");
  if (limit.length === 0) throw SdkError.invalidCoins("grant.authorization.spend_limit: no coins are given");
  if (new Set(allowList).size !== allowList.length)
    throw BankError.duplicateEntry("grant.authorization.allow_list: an address is there twice");
  for (const [index, address] of allowList.entries())
    addresses.parse(address, `grant.authorization.allow_list[${index}]`);
  return {
    typeUrl: MsgSend.typeUrl,
    accept: (ctx, { value }) => {
      const { amount, toAddress } = value as MsgSend;
      const left = subtractCoins(limit, coinsFromProto(amount, "amount"));
      if (!left) throw SdkError.insufficientFunds("amount: is more than the spend limit that is left");
      if (allowList.length > 0 && !isListed(ctx, allowList, toAddress))
        throw SdkError.unauthorized(`to_address: cannot send to ${toAddress}, which the grant does not list`);
      if (left.length === 0) return "delete";
      const value_ = SendAuthorization.encode({ spendLimit: coinsToProto(left), allowList });
      return { update: { typeUrl: SendAuthorization.typeUrl, value: value_ } };
    },
  };
}

const STAKE_MSGS: ReadonlyMap<number, string> = new Map([
  [AuthorizationType.AUTHORIZATION_TYPE_DELEGATE, MsgDelegate.typeUrl],
  [AuthorizationType.AUTHORIZATION_TYPE_UNDELEGATE, MsgUndelegate.typeUrl],
  [AuthorizationType.AUTHORIZATION_TYPE_REDELEGATE, MsgBeginRedelegate.typeUrl],
  [AuthorizationType.AUTHORIZATION_TYPE_CANCEL_UNBONDING_DELEGATION, MsgCancelUnbondingDelegation.typeUrl],
]);

type StakeMsg = MsgDelegate | MsgUndelegate | MsgBeginRedelegate | MsgCancelUnbondingDelegation;

function stake(grant: StakeAuthorization, addresses: AddressCodec): Authorization {
  const { maxTokens, authorizationType, allowList, denyList } = grant;
  const typeUrl = STAKE_MSGS.get(authorizationType);
  if (typeUrl === undefined)
    throw AuthzError.unknownAuthorizationType(
      `grant.authorization.authorization_type: ${authorizationType} is not from 1 to ${STAKE_MSGS.size}`,
    );
  if (maxTokens?.amount.startsWith("-"))
    throw AuthzError.negativeMaxTokens(`grant.authorization.max_tokens: ${maxTokens.amount} is negative`);
  const most = maxTokens && coinFromProto(maxTokens, "grant.authorization.max_tokens");
  const [allowed, denied] = [allowList?.address ?? [], denyList?.address ?? []];
  for (const address of [...allowed, ...denied])
    addresses.operators.parse(address, "grant.authorization.validators");
  return {
    typeUrl,
    accept: (ctx, { value }) => {
      const msg = value as StakeMsg;
      const validator = "validatorDstAddress" in msg ? msg.validatorDstAddress : msg.validatorAddress;
      const isAllowed = isListed(ctx, allowed, validator);
      if (isListed(ctx, denied, validator) || (allowed.length > 0 && !isAllowed)) {
        throw SdkError.unauthorized(`validator_address: the grant does not allow to stake with ${validator}`);
      }
      if (!most) return "keep";
      const amount = coinFromProto(msg.amount, "amount");
      if (amount.denom !== most.denom)
        throw SdkError.invalidCoins(`amount.denom: ${amount.denom}, where the grant is in ${most.denom}`);
      const left = most.amount - amount.amount;
      if (left < 0n)
        throw SdkError.insufficientFunds(`amount: ${amount.amount} is more than the ${most.amount} left`);
      if (left === 0n) return "delete";
      const update = { ...grant, maxTokens: { denom: most.denom, amount: left.toString() } };
      return { update: { typeUrl: StakeAuthorization.typeUrl, value: StakeAuthorization.encode(update) } };
    },
  };
}

function isListed(ctx: Context, list: readonly string[], address: string): boolean {
  for (const entry of list) {
    ctx.gas.consume(GAS_PER_ENTRY, "authorization list");
    if (entry === address) return true;
  }
  return false;
}
