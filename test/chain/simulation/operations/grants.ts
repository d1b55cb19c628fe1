/** Grants to act for others, and allowances to have their fees paid by others. */
import { pack } from "../../../../client/index.ts";
import {
  GenericAuthorization,
  MsgExec,
  MsgGrant,
  MsgRevoke,
} from "../../../../proto/gen/cosmos.authz.v1beta1.ts";
import { MsgSend, SendAuthorization } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import { MsgWithdrawDelegatorReward } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import {
  AllowedMsgAllowance,
  BasicAllowance,
  MsgGrantAllowance,
  MsgPruneAllowances,
  MsgRevokeAllowance,
  PeriodicAllowance,
} from "../../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { MsgVote } from "../../../../proto/gen/cosmos.gov.v1.ts";
import {
  AuthorizationType,
  MsgBeginRedelegate,
  MsgCancelUnbondingDelegation,
  MsgDelegate,
  MsgUndelegate,
  StakeAuthorization,
} from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Any, Timestamp } from "../../../../proto/gen/google.protobuf.ts";
import { MsgInfer } from "../../../../proto/gen/opg.inference.v1.ts";
import type { Random } from "../../modules/random.ts";
import type { Draft, Operation } from "../operation.ts";
import { addressOf, amount, coin, type View } from "../view.ts";

/** Messages that may be done for another. */
const GRANTED = [MsgSend, MsgDelegate, MsgUndelegate, MsgVote, MsgInfer, MsgWithdrawDelegatorReward].map(
  ({ typeUrl }) => typeUrl,
);

function later(random: Random, view: View): Timestamp | undefined {
  if (random.chance(30)) return undefined;
  return { seconds: view.time.seconds + BigInt(random.below(400)) - 5n, nanos: 0 };
}

async function authorization(random: Random, view: View): Promise<Any> {
  const dice = random.below(3);
  if (dice === 0) return pack(GenericAuthorization, { msg: random.pick(GRANTED) });
  if (dice === 1) {
    const allowList = random.chance(30) ? [addressOf(view.person(random))] : [];
    return pack(SendAuthorization, { spendLimit: [coin(amount(random, 2_000_000_000n) + 1n)], allowList });
  }
  const address = (await view.validators()).slice(0, 1 + random.below(3)).map((each) => each.operatorAddress);
  return pack(StakeAuthorization, {
    ...(random.chance(50) ? { maxTokens: coin(amount(random, 2_000_000_000n) + 1n) } : {}),
    ...(random.chance(70) ? { allowList: { address } } : { denyList: { address } }),
    authorizationType: 1 + random.below(AuthorizationType.AUTHORIZATION_TYPE_CANCEL_UNBONDING_DELEGATION),
  });
}

function allowance(random: Random, view: View): Any {
  const expiration = later(random, view);
  const basic = {
    spendLimit: random.chance(60) ? [coin(amount(random, 1_000_000n) + 1n)] : [],
    ...(expiration === undefined ? {} : { expiration }),
  };
  const limit = [coin(amount(random, 100_000n) + 1n)];
  const inner = random.chance(50)
    ? pack(BasicAllowance, basic)
    : pack(PeriodicAllowance, {
        basic: BasicAllowance.create({ ...basic, spendLimit: [] }),
        period: { seconds: BigInt(1 + random.below(200)), nanos: 0 },
        periodSpendLimit: limit,
        periodCanSpend: limit,
        periodReset: view.time,
      });
  if (random.chance(70)) return inner;
  return pack(AllowedMsgAllowance, {
    allowance: inner,
    allowedMessages: GRANTED.slice(0, 1 + random.below(5)),
  });
}

/** A pair of different people. */
function pair(random: Random, view: View): readonly [string, string] {
  const [one, other] = [view.person(random), view.person(random)];
  return [one, random.chance(2) ? one : other];
}

const STAKE_TYPES = [MsgDelegate, MsgUndelegate, MsgBeginRedelegate, MsgCancelUnbondingDelegation];

/** The message that an authorization is for. */
function grantedType({ typeUrl, value }: Any): string {
  if (typeUrl === GenericAuthorization.typeUrl) return GenericAuthorization.decode(value).msg;
  if (typeUrl === SendAuthorization.typeUrl) return MsgSend.typeUrl;
  return STAKE_TYPES[StakeAuthorization.decode(value).authorizationType - 1]?.typeUrl ?? "";
}

/** @param others operations whose messages one may do for another */
export function grantOperations(others: readonly Operation[]): readonly Operation[] {
  const named = (name: string) => others.find((each) => each.name === name)!;
  const byType = new Map<string, Operation>(
    Object.entries({
      [MsgSend.typeUrl]: "send",
      [MsgDelegate.typeUrl]: "delegate",
      [MsgUndelegate.typeUrl]: "undelegate",
      [MsgBeginRedelegate.typeUrl]: "redelegate",
      [MsgCancelUnbondingDelegation.typeUrl]: "cancel-unbonding",
      [MsgVote.typeUrl]: "vote",
      [MsgInfer.typeUrl]: "infer",
      [MsgWithdrawDelegatorReward.typeUrl]: "withdraw-reward",
    }).map(([typeUrl, name]) => [typeUrl, named(name)]),
  );

  /** What a grant is there for, done by the one who may; sometimes what it is not for. */
  async function exec(random: Random, view: View): Promise<Draft | undefined> {
    for (let tries = 0; tries < 6; tries++) {
      const grantee = view.person(random);
      const grants = await view.grantsTo(grantee);
      if (grants.length === 0) continue;
      const { granter, authorization: given } = random.pick(grants);
      const name = view.nameOf(granter);
      if (name === undefined || !given) continue;
      const fitting = byType.get(grantedType(given));
      const carried = fitting && random.chance(90) ? fitting : random.pick([...byType.values()]);
      const draft = await view.as(name, () => carried.make(random, view));
      if (!draft) continue;
      return {
        signers: [grantee],
        messages: [pack(MsgExec, { grantee: addressOf(grantee), msgs: draft.messages })],
        carries: [carried.name],
        ...(draft.gas === undefined ? {} : { gas: draft.gas }),
      };
    }
    return undefined;
  }

  return [
    {
      name: "grant",
      weight: 8,
      refusals: ["authz 3", "authz 7", "sdk 10", "sdk 18"],
      make: async (random, view) => {
        const [granter, grantee] = pair(random, view);
        const expiration = later(random, view);
        const grant = {
          authorization: await authorization(random, view),
          expiration,
        };
        const message = { granter: addressOf(granter), grantee: addressOf(grantee), grant };
        return { signers: [granter], messages: [pack(MsgGrant, message)] };
      },
    },
    {
      name: "exec",
      weight: 12,
      refusals: ["authz 2", "authz 5", "authz 6", "authz 9", "sdk 4", "sdk 18"],
      make: exec,
    },
    {
      name: "revoke-grant",
      weight: 2,
      refusals: ["authz 2"],
      make: async (random, view) => {
        for (let tries = 0; tries < 6; tries++) {
          const grants = await view.grantsTo(view.person(random));
          if (grants.length === 0) continue;
          const { granter, grantee, authorization: given } = random.pick(grants);
          const name = view.nameOf(granter);
          if (name === undefined || !given) continue;
          const msgTypeUrl = grantedType(given);
          return { signers: [name], messages: [pack(MsgRevoke, { granter, grantee, msgTypeUrl })] };
        }
        return undefined;
      },
    },
    {
      name: "grant-allowance",
      weight: 5,
      refusals: ["feegrant 3", "feegrant 4", "sdk 7", "sdk 10", "sdk 18"],
      make: async (random, view) => {
        const [granter, grantee] = pair(random, view);
        const message = {
          granter: addressOf(granter),
          grantee: addressOf(grantee),
          allowance: allowance(random, view),
        };
        return { signers: [granter], messages: [pack(MsgGrantAllowance, message)] };
      },
    },
    {
      name: "revoke-allowance",
      weight: 1,
      refusals: ["feegrant 5", "sdk 38", "sdk 18"],
      make: async (random, view) => {
        for (let tries = 0; tries < 6; tries++) {
          const allowances = await view.allowancesTo(view.person(random));
          if (allowances.length === 0) continue;
          const { granter, grantee } = random.pick(allowances);
          const name = view.nameOf(granter);
          if (name === undefined) continue;
          return { signers: [name], messages: [pack(MsgRevokeAllowance, { granter, grantee })] };
        }
        return undefined;
      },
    },
    {
      name: "prune-allowances",
      weight: 1,
      refusals: [],
      make: async (random, view) => {
        const name = view.person(random);
        return { signers: [name], messages: [pack(MsgPruneAllowances, { pruner: addressOf(name) })] };
      },
    },
  ];
}
