/** The chain as wallet Keplr takes it (experimentalSuggestChain). Judged in tests by Keplr's own @keplr-wallet/chain-validator. */
import { type ChainFacts, decimalsOf, metadataOf } from "./facts.ts";
import { bech32Config, COIN_TYPE, type Presentation } from "./names.ts";
import { priceSteps } from "./prices.ts";

/**
 * What the wallet may use of this chain: balances without what is locked by vesting, and MsgRevoke under its own name
 * in what Ledger devices sign. It has neither IBC nor contracts.
 */
const FEATURES = ["query:/cosmos/bank/v1beta1/spendable_balances", "authz-msg-revoke-fixed"] as const;

export function keplrChain(facts: ChainFacts, names: Presentation) {
  const currency = (denom: string) => {
    const metadata = metadataOf(facts, denom);
    return {
      coinDenom: metadata.symbol || metadata.display || denom,
      coinMinimalDenom: denom,
      coinDecimals: decimalsOf(metadata),
    };
  };
  const denoms = new Set([
    facts.bondDenom,
    ...facts.gasPrices.map(({ denom }) => denom),
    ...facts.metadata.map(({ base }) => base),
  ]);
  return {
    rpc: names.rpc,
    rest: names.rest,
    chainId: facts.chainId,
    chainName: names.prettyName,
    bip44: { coinType: COIN_TYPE },
    bech32Config: bech32Config(facts),
    currencies: [...denoms].map(currency),
    feeCurrencies: facts.gasPrices.map(({ denom, price }) => ({
      ...currency(denom),
      gasPriceStep: priceSteps(price),
    })),
    stakeCurrency: currency(facts.bondDenom),
    features: FEATURES,
    isTestnet: names.networkType !== "mainnet",
  };
}
