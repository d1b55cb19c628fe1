import { Msg, type Output } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { assertAuthority } from "../../runtime/authority.ts";
import { assertDenom, type Coins, coinsFromProto, formatCoins, sumCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { BankError } from "./errors.ts";
import type { BankKeeper } from "./keeper.ts";

export function bankMsgs(keeper: BankKeeper): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.Send, {
      validate: ({ fromAddress, toAddress, amount }, addresses) => {
        addresses.parse(fromAddress, "from_address");
        addresses.parse(toAddress, "to_address");
        assertSome(coinsFromProto(amount, "amount"), "amount");
      },
      handle: (ctx, { fromAddress, toAddress, amount }) => {
        const coins = coinsFromProto(amount, "amount");
        keeper.assertSendEnabled(ctx, coins);
        const to = recipient(ctx, keeper, toAddress, "to_address");
        keeper.send(ctx, ctx.addresses.parse(fromAddress, "from_address"), to, coins);
        return {};
      },
    }),
    msgRoute(methods.MultiSend, {
      validate: ({ inputs, outputs }, addresses) => {
        const [input] = inputs;
        if (!input) throw BankError.noInputs("inputs: one input is needed");
        if (inputs.length > 1)
          throw BankError.multipleSenders(`inputs: ${inputs.length} are given; only one sender is allowed`);
        if (outputs.length === 0) throw BankError.noOutputs("outputs: at least one output is needed");
        addresses.parse(input.address, "inputs[0].address");
        for (const [index, { address }] of outputs.entries())
          addresses.parse(address, `outputs[${index}].address`);
        const given = coinsFromProto(input.coins, "inputs[0].coins");
        assertSome(given, "inputs[0].coins");
        const sum = sumCoins(outputs.map(outputCoins));
        if (formatCoins(given) !== formatCoins(sum)) {
          throw BankError.inputOutputMismatch(
            `inputs are ${formatCoins(given)}, outputs sum to ${formatCoins(sum)}`,
          );
        }
      },
      handle: (ctx, { inputs, outputs }) => {
        const [input] = inputs;
        const coins = coinsFromProto(input!.coins, "inputs[0].coins");
        keeper.assertSendEnabled(ctx, coins);
        const parts = outputs.map(
          (output, index) =>
            [
              recipient(ctx, keeper, output.address, `outputs[${index}].address`),
              outputCoins(output, index),
            ] as const,
        );
        keeper.sendToMany(ctx, ctx.addresses.parse(input!.address, "inputs[0].address"), coins, parts);
        return {};
      },
    }),
    msgRoute(methods.UpdateParams, {
      validate: ({ params }) => assertEach(params.sendEnabled, "params.send_enabled"),
      handle: (ctx, { authority, params }) => {
        assertAuthority(ctx, authority);
        keeper.setParams(ctx, params);
        return {};
      },
    }),
    msgRoute(methods.SetSendEnabled, {
      validate: ({ sendEnabled, useDefaultFor }) => {
        assertEach(sendEnabled, "send_enabled");
        for (const [index, denom] of useDefaultFor.entries()) assertDenom(denom, `use_default_for[${index}]`);
      },
      handle: (ctx, { authority, sendEnabled, useDefaultFor }) => {
        assertAuthority(ctx, authority);
        for (const entry of sendEnabled) keeper.setSendEnabled(ctx, entry);
        for (const denom of useDefaultFor) keeper.clearSendEnabled(ctx, denom);
        return {};
      },
    }),
  ];
}

function outputCoins(output: Output, index: number): Coins {
  const coins = coinsFromProto(output.coins, `outputs[${index}].coins`);
  assertSome(coins, `outputs[${index}].coins`);
  return coins;
}

function assertSome(coins: Coins, field: string): void {
  if (coins.length === 0) throw SdkError.invalidCoins(`${field}: no coins are given`);
}

function recipient(ctx: Context, keeper: BankKeeper, text: string, field: string): Address {
  const address = ctx.addresses.parse(text, field);
  if (keeper.isBlocked(address))
    throw SdkError.unauthorized(`${field}: ${text} is not allowed to receive funds`);
  return address;
}

function assertEach(entries: readonly { readonly denom: string }[], field: string): void {
  const seen = new Set<string>();
  for (const [index, { denom }] of entries.entries()) {
    assertDenom(denom, `${field}[${index}].denom`);
    if (seen.has(denom)) throw SdkError.invalidRequest(`${field}[${index}].denom: ${denom} is there twice`);
    seen.add(denom);
  }
}
