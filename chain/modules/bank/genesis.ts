import { GenesisState } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import {
  assertDenom,
  type Coins,
  coinsFromProto,
  coinsToProto,
  formatCoins,
  MAX_AMOUNT,
  sumCoins,
} from "../../runtime/coins.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { allBalances, allSupply } from "./balances.ts";
import type { BankKeeper } from "./keeper.ts";
import { assertMetadata } from "./metadata.ts";

export function bankGenesis(keeper: BankKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => GenesisState.create({ params: { sendEnabled: [], defaultSendEnabled: true } }),
    validate: assertGenesis,
    init: (ctx, genesis) => {
      keeper.setParams(ctx, genesis.params);
      for (const entry of genesis.sendEnabled) keeper.setSendEnabled(ctx, entry);
      for (const { address, coins } of genesis.balances) {
        keeper.initBalance(ctx, ctx.addresses.parse(address), coinsFromProto(coins, "coins"));
      }
      keeper.initSupply(ctx, sumOf(genesis));
      for (const metadata of genesis.denomMetadata) keeper.setMetadata(ctx, metadata);
      return undefined;
    },
    export: (ctx) => {
      const balances: { address: string; coins: { denom: string; amount: string }[] }[] = [];
      for (const [address, { denom, amount }] of allBalances(ctx)) {
        const text = ctx.addresses.format(address);
        const last = balances.at(-1);
        const coin = { denom, amount: amount.toString() };
        if (last?.address === text) last.coins.push(coin);
        else balances.push({ address: text, coins: [coin] });
      }
      return {
        params: keeper.params(ctx),
        balances,
        supply: coinsToProto([...allSupply(ctx)]),
        denomMetadata: keeper.allMetadata(ctx),
        sendEnabled: keeper.allSendEnabled(ctx),
      };
    },
  };
}

function sumOf(genesis: GenesisState): Coins {
  return sumCoins(genesis.balances.map(({ coins }) => coinsFromProto(coins, "coins")));
}

/** @throws ChainError naming the path: duplicate addresses, invalid coins, supply that is not the sum of the balances */
function assertGenesis(genesis: GenesisState, addresses: AddressCodec): void {
  const seen = new Set<string>();
  for (const [index, { address, coins }] of genesis.balances.entries()) {
    // By its bytes: bech32 may be written in capitals too.
    const holder = toHex(addresses.parse(address, `balances[${index}].address`));
    if (seen.has(holder))
      throw SdkError.invalidRequest(`balances[${index}].address: ${address} is there twice; join the coins`);
    seen.add(holder);
    coinsFromProto(coins, `balances[${index}].coins`);
  }
  const supply = coinsFromProto(genesis.supply, "supply");
  const sum = sumOf(genesis);
  // Balances never sum to more than the supply, so no amount of a block can pass what messages can say.
  for (const { denom, amount } of sum) {
    if (amount > MAX_AMOUNT)
      throw SdkError.invalidCoins(`balances: ${denom} sums to ${amount}, which is more than 256 bits`);
  }
  // An empty supply is taken from the balances, as in the SDK.
  if (supply.length > 0 && formatCoins(supply) !== formatCoins(sum)) {
    throw SdkError.invalidRequest(
      `supply: ${formatCoins(supply)} is not the sum of the balances, ${formatCoins(sum)}`,
    );
  }
  const bases = new Set<string>();
  for (const [index, metadata] of genesis.denomMetadata.entries()) {
    assertMetadata(metadata, `denom_metadata[${index}]`);
    if (bases.has(metadata.base))
      throw SdkError.invalidRequest(`denom_metadata[${index}].base: ${metadata.base} is there twice`);
    bases.add(metadata.base);
  }
  const denoms = new Set<string>();
  for (const [index, { denom }] of [...genesis.params.sendEnabled, ...genesis.sendEnabled].entries()) {
    assertDenom(denom, `send_enabled[${index}].denom`);
    if (denoms.has(denom))
      throw SdkError.invalidRequest(`send_enabled[${index}].denom: ${denom} is there twice`);
    denoms.add(denom);
  }
}
