/** Makes genesis transactions: a validator of a chain to come signs itself in. */
import { gentxJson } from "../chain/modules/genutil/index.ts";
import { createModules } from "../chain/modules/index.ts";
import { AddressCodec } from "../chain/runtime/address.ts";
import type { Coin } from "../chain/runtime/coins.ts";
import { decToWire, parseDec } from "../chain/runtime/decimal.ts";
import { Router } from "../chain/runtime/router.ts";
import { pack, type Signer, signTx } from "../client/index.ts";
import { PubKey } from "../proto/gen/cosmos.crypto.ed25519.ts";
import { type Description, MsgCreateValidator } from "../proto/gen/cosmos.staking.v1beta1.ts";
import type { Json } from "../proto/json.ts";

/** Decimals as text. The SDK's own defaults of `gentx`. */
export const DEFAULT_COMMISSION = { rate: "0.1", maxRate: "0.2", maxChangeRate: "0.01" } as const;

/** Enough for anything: gas is free at genesis, but a transaction names a limit. */
const GAS_LIMIT = 200_000n;

export interface GentxOrder {
  readonly chainId: string;
  /** bech32 prefix of the chain. */
  readonly prefix: string;
  /** Who operates the validator, and stakes. */
  readonly signer: Signer;
  /** 32 bytes of the ed25519 key that signs blocks. */
  readonly consensusKey: Uint8Array;
  readonly stake: Coin;
  readonly description: Partial<Description> & { readonly moniker: string };
  readonly commission?: {
    readonly rate: string;
    readonly maxRate: string;
    readonly maxChangeRate: string;
  };
  /** In units of the coin; default 1. */
  readonly minSelfDelegation?: bigint;
  /** `id@host:port` of the node, which collect-gentxs makes peers of. */
  readonly node?: string;
}

/** The signed transaction as the JSON that app_state.genutil.gen_txs holds. @throws ChainError, TxError */
export async function makeGentx(order: GentxOrder): Promise<Json> {
  const { signer, prefix, stake, commission = DEFAULT_COMMISSION } = order;
  const addresses = new AddressCodec(prefix);
  const { types } = new Router(createModules().all);
  const rate = (name: keyof typeof commission) => decToWire(parseDec(commission[name], `commission.${name}`));
  const message = MsgCreateValidator.create({
    description: { identity: "", website: "", securityContact: "", details: "", ...order.description },
    commission: { rate: rate("rate"), maxRate: rate("maxRate"), maxChangeRate: rate("maxChangeRate") },
    minSelfDelegation: (order.minSelfDelegation ?? 1n).toString(),
    validatorAddress: addresses.operators.format(addresses.parse(signer.address)),
    pubkey: { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: order.consensusKey }) },
    value: { denom: stake.denom, amount: stake.amount.toString() },
  });
  const bytes = await signTx(
    {
      messages: [pack(MsgCreateValidator, message)],
      fee: { amount: [], gasLimit: GAS_LIMIT },
      ...(order.node ? { memo: order.node } : {}),
    },
    // Accounts have no numbers yet: all sign for 0.
    [{ signer, chainId: order.chainId, accountNumber: 0n, sequence: 0n }],
    types,
  );
  return gentxJson(bytes, types);
}
