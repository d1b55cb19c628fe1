/** Puts genesis transactions into a genesis. Source: x/genutil/collect.go of the SDK v0.53. */
import { type Gentx, gentxBytes, gentxJson, parseGentx } from "../chain/modules/genutil/index.ts";
import { createModules } from "../chain/modules/index.ts";
import { AddressCodec } from "../chain/runtime/address.ts";
import { ChainError } from "../chain/runtime/errors.ts";
import { prefixOf } from "../chain/runtime/prefix.ts";
import { Router } from "../chain/runtime/router.ts";
import { GenesisState as BankGenesis } from "../proto/gen/cosmos.bank.v1beta1.ts";
import { fromJson, type Json } from "../proto/json.ts";
import { type GenesisDocument, GenesisError } from "./document.ts";

export interface NamedGentx {
  /** Where it comes from, for errors. */
  readonly file: string;
  readonly json: Json;
}

export interface Collected {
  readonly document: GenesisDocument;
  /** `id@host:port` of each validator's node, by moniker, sorted. */
  readonly peers: readonly { readonly moniker: string; readonly node: string }[];
}

/**
 * The genesis with these transactions in place of those it had.
 * @throws GenesisError naming the file, if one is not valid, is of an account without the stake, or is there twice
 */
export function collectGentxs(document: GenesisDocument, gentxs: readonly NamedGentx[]): Collected {
  if (gentxs.length === 0)
    throw new GenesisError("invalid", "there is no genesis transaction; make one with opgd genesis gentx");
  const router = new Router(createModules().all);
  const addresses = new AddressCodec(prefixOf(document.app_state));
  const stakes = balancesOf(document);
  const seen = new Map<string, string>();
  const read = gentxs.map(({ file, json }) => {
    const gentx = parse(file, json, router, addresses);
    const { validatorAddress, value } = gentx.message;
    const other = seen.get(validatorAddress);
    if (other !== undefined)
      throw new GenesisError("invalid", `${file}: ${validatorAddress} has another in ${other}; remove one`);
    seen.set(validatorAddress, file);
    const account = addresses.format(addresses.operators.parse(validatorAddress));
    const held = stakes.get(`${account} ${value.denom}`);
    if (held === undefined || held < BigInt(value.amount))
      throw new GenesisError(
        "invalid",
        `${file}: ${account} has ${held ?? 0n}${value.denom} in app_state.bank.balances, its stake is ${value.amount}${value.denom}; give it coins with opgd genesis add-account`,
      );
    return gentx;
  });
  const genTxs = read.map((gentx) => gentxJson(gentxBytes(gentx), router.types));
  return {
    document: { ...document, app_state: { ...document.app_state, genutil: { gen_txs: genTxs } } },
    peers: read
      .map(({ tx, message }) => ({ moniker: message.description.moniker, node: tx.body!.memo }))
      .filter(({ node }) => node !== "")
      .sort((a, b) => (a.node < b.node ? -1 : 1)),
  };
}

function parse(file: string, json: Json, router: Router, addresses: AddressCodec): Gentx {
  try {
    return parseGentx(json, router, addresses);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new GenesisError("invalid", `${file}: ${error.message}`);
  }
}

/** Amounts by address and denomination. */
function balancesOf({ app_state }: GenesisDocument): ReadonlyMap<string, bigint> {
  const { balances } = fromJson(BankGenesis, app_state["bank"] ?? {});
  return new Map(
    balances.flatMap(({ address, coins }) =>
      coins.map(({ denom, amount }) => [`${address} ${denom}`, BigInt(amount)] as const),
    ),
  );
}
