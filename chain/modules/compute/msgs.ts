/** Messages of operators, owners and governance; those of jobs are in job-msgs.ts. */
import { Msg, type MsgRegisterOperator, type MsgUpdateOperator } from "../../../proto/gen/opg.compute.v1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { coinFromProto } from "../../runtime/coins.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import type { ComputeDeps } from "./deps.ts";
import { ComputeError } from "./errors.ts";
import { jobMsgs } from "./job-msgs.ts";
import {
  assertOffer,
  assertTolerance,
  assertVerification,
  removeOffer,
  setOffer,
  setTolerance,
} from "./offers.ts";
import { addBond, assertSettings, register, type Settings, unbond, update } from "./operators.ts";
import { validateParams } from "./params.ts";
import { paramsOf, scheduleParams } from "./state.ts";

export function computeMsgs(deps: ComputeDeps): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.RegisterOperator, {
      validate: (msg, addresses) => {
        validateSettings(msg, addresses);
        coinFromProto(msg.bond, "bond");
      },
      handle: (ctx, msg) => {
        const bond = coinFromProto(msg.bond, "bond");
        register(ctx, deps, ctx.addresses.parse(msg.operator), settingsOf(msg, ctx.addresses), bond);
        return {};
      },
    }),
    msgRoute(methods.UpdateOperator, {
      validate: validateSettings,
      handle: (ctx, msg) => {
        const operator = ctx.addresses.parse(msg.operator);
        update(ctx, deps, operator, settingsOf(msg, ctx.addresses), msg.paused);
        return {};
      },
    }),
    msgRoute(methods.Bond, {
      validate: ({ operator, amount }, addresses) => {
        addresses.parse(operator, "operator");
        coinFromProto(amount, "amount");
      },
      handle: (ctx, { operator, amount }) => {
        addBond(ctx, deps, ctx.addresses.parse(operator), coinFromProto(amount, "amount"));
        return {};
      },
    }),
    msgRoute(methods.Unbond, {
      validate: ({ operator, amount }, addresses) => {
        addresses.parse(operator, "operator");
        coinFromProto(amount, "amount");
      },
      handle: (ctx, { operator, amount }) => ({
        dueHeight: unbond(ctx, ctx.addresses.parse(operator), coinFromProto(amount, "amount")),
      }),
    }),
    msgRoute(methods.SetOffer, {
      validate: (msg, addresses) => {
        addresses.parse(msg.operator, "operator");
        assertOffer(msg);
      },
      handle: (ctx, msg) => {
        setOffer(ctx, deps, ctx.addresses.parse(msg.operator), msg);
        return {};
      },
    }),
    msgRoute(methods.RemoveOffer, {
      validate: ({ operator, verification }, addresses) => {
        addresses.parse(operator, "operator");
        assertVerification(verification);
      },
      handle: (ctx, { operator, modelId, verification }) => {
        removeOffer(ctx, ctx.addresses.parse(operator), modelId, verification);
        return {};
      },
    }),
    msgRoute(methods.SetTolerance, {
      validate: (msg, addresses) => {
        addresses.parse(msg.owner, "owner");
        assertTolerance(msg);
      },
      handle: (ctx, { owner, ...tolerance }) => {
        setTolerance(ctx, deps, owner, tolerance);
        return {};
      },
    }),
    ...jobMsgs(deps),
    msgRoute(methods.UpdateParams, {
      validate: ({ params }) => validateParams(params),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        const { denom } = paramsOf(ctx);
        if (params.denom !== denom)
          throw ComputeError.wrongDenom(
            `params.denom: bonds and escrow are in ${denom}; it cannot become ${params.denom}`,
          );
        scheduleParams(ctx, params);
        return {};
      },
    }),
  ];
}

type WithSettings = Pick<
  MsgRegisterOperator & MsgUpdateOperator,
  "operator" | "hotAddress" | "withdrawAddress" | "metadata" | "capacity"
>;

function validateSettings(msg: WithSettings, addresses: AddressCodec): void {
  addresses.parse(msg.operator, "operator");
  settingsOf(msg, addresses);
  assertSettings(msg.metadata, msg.capacity);
}

/** An address that is not given is the operator's own. */
function settingsOf(msg: WithSettings, addresses: AddressCodec): Settings {
  return {
    hot: addresses.parse(msg.hotAddress || msg.operator, "hot_address"),
    withdraw: addresses.parse(msg.withdrawAddress || msg.operator, "withdraw_address"),
    metadata: msg.metadata,
    capacity: msg.capacity,
  };
}
