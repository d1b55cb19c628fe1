/** The files that wallets and registries take, judged by Keplr's own validator and the chain registry's rules and types. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AssetList, Chain } from "@chain-registry/types";
import { validateBasicChainInfoType } from "@keplr-wallet/chain-validator";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import t from "tap";
import { parseDec } from "../../../chain/runtime/decimal.ts";
import type { ChainFacts } from "../../../node/chain-info/facts.ts";
import { keplrChain } from "../../../node/chain-info/keplr.ts";
import { assertPresentation, type Presentation, registryName } from "../../../node/chain-info/names.ts";
import { priceSteps } from "../../../node/chain-info/prices.ts";
import { registryAssets, registryChain } from "../../../node/chain-info/registry.ts";
import { changeSettings } from "../../../node/comet/index.ts";
import { opgd } from "../cli/net.ts";
import { ASSETLIST_SCHEMA, CHAIN_SCHEMA } from "./registry-schema.ts";

const NAMES: Presentation = {
  chainName: "opg",
  prettyName: "OPG",
  networkType: "mainnet",
  website: "https://opg.example",
  description: "Sells inference.",
  genesisUrl: "https://opg.example/genesis.json",
  rpc: "https://rpc.opg.example:443",
  rest: "https://rest.opg.example",
  grpc: "grpc.opg.example:443",
  version: "0.1.0",
  cometVersion: "v0.40.0",
};

const FACTS: ChainFacts = {
  chainId: "opg-1",
  prefix: "opg",
  bondDenom: "uopg",
  unbondingSeconds: 1_814_400n,
  gasPrices: [
    { denom: "uopg", price: parseDec("0.025") },
    { denom: "ufoo", price: parseDec("0.1") },
  ],
  metadata: [
    {
      description: "The coin",
      denomUnits: [
        { denom: "uopg", exponent: 0, aliases: ["microopg"] },
        { denom: "OPG", exponent: 6, aliases: [] },
      ],
      base: "uopg",
      display: "OPG",
      name: "Open Policy Graph of a name that is longer",
      symbol: "OPG",
      uri: "",
      uriHash: "",
    },
  ],
  seeds: [{ id: "a".repeat(40), address: "seed.opg.example:26656" }],
  peers: [],
  rpc: "http://127.0.0.1:26657",
  rest: "http://127.0.0.1:1317",
  grpc: "127.0.0.1:9090",
};

const ajv = new Ajv({ allErrors: true, strict: true });
(addFormats as unknown as (to: Ajv) => void)(ajv);
const validators = { chain: ajv.compile(CHAIN_SCHEMA), assetlist: ajv.compile(ASSETLIST_SCHEMA) };

function faults(kind: keyof typeof validators, value: unknown): unknown {
  const validate = validators[kind];
  return validate(structuredClone(value)) ? [] : validate.errors;
}

/** `chain_name` as `chainName`: the registry's package names fields as code does. */
type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
type InCamel<T> = T extends readonly (infer E)[]
  ? InCamel<E>[]
  : T extends object
    ? { -readonly [K in keyof T as K extends string ? Camel<K> : K]: InCamel<T[K]> }
    : T;

// Compiled, never run: names and values are those of the registry's own types.
((chain: InCamel<ReturnType<typeof registryChain>>, assets: InCamel<ReturnType<typeof registryAssets>>) => [
  chain satisfies Chain,
  assets satisfies AssetList,
]) satisfies unknown;

t.test("Keplr's validator accepts the chain, with nothing taken away", async (t) => {
  for (const [facts, names] of [
    [FACTS, NAMES],
    [
      { ...FACTS, metadata: [] },
      { ...NAMES, networkType: "devnet" as const },
    ],
  ] as const) {
    const chain = JSON.parse(JSON.stringify(keplrChain(facts, names)));
    t.strictSame(await validateBasicChainInfoType(chain, false), chain);
  }
});

t.test("Keplr's validator refuses what it should, so that its yes means something", async (t) => {
  const chain = JSON.parse(JSON.stringify(keplrChain(FACTS, NAMES)));
  for (const wrong of [
    { ...chain, rpc: "rpc.opg.example" },
    { ...chain, features: ["no such feature"] },
    { ...chain, stakeCurrency: { ...chain.stakeCurrency, coinMinimalDenom: "ubar" } },
    { ...chain, unknown: 1 },
  ])
    await t.rejects(validateBasicChainInfoType(wrong, false));
});

t.test("chain.json and assetlist.json keep the registry's rules", async (t) => {
  for (const names of [NAMES, { ...NAMES, networkType: "testnet" as const }])
    for (const facts of [FACTS, { ...FACTS, metadata: [], seeds: [] }]) {
      const [chain, assets] = [registryChain(facts, names), registryAssets(facts, names)];
      t.strictSame(faults("chain", chain), []);
      t.strictSame(faults("assetlist", assets), []);
      // What the registry's own checks ask beside the schemas.
      const bases = assets.assets.map(({ base }) => base);
      for (const { denom } of [...chain.fees.fee_tokens, ...chain.staking.staking_tokens])
        t.ok(bases.includes(denom), denom);
      for (const { base, display, denom_units } of assets.assets)
        for (const denom of [base, display])
          t.ok(
            denom_units.some((unit) => unit.denom === denom),
            denom,
          );
      const up = names.networkType === "mainnet" ? "../" : "../../";
      t.equal(chain.$schema, `${up}chain.schema.json`);
    }
});

t.test("the rules refuse what is not theirs", async (t) => {
  const chain = registryChain(FACTS, NAMES);
  for (const wrong of [
    { ...chain, chain_type: "bitcoin" },
    { ...chain, more: 1 },
    { ...chain, website: "opg" },
    { ...chain, fees: {} },
    { ...chain, codebase: { consensus: { type: "cometbft", version: "newest" } } },
  ])
    t.not((faults("chain", wrong) as unknown[]).length, 0);
  const { chain_name: _, ...nameless } = registryAssets(FACTS, NAMES);
  t.not((faults("assetlist", nameless) as unknown[]).length, 0);
});

t.test("prices are numbers without binary noise", async (t) => {
  t.strictSame(priceSteps(parseDec("0.1")), { low: 0.1, average: 0.125, high: 0.2 });
  t.strictSame(priceSteps(parseDec("0")), { low: 0, average: 0, high: 0 });
});

t.test("a name in the registry is made from the chain's id", async (t) => {
  for (const [id, name] of [
    ["opg-local-1", "opglocal"],
    ["OPG", "opg"],
    ["my.chain_2-15", "mychain2"],
    ["-1", "opg"],
  ] as const)
    t.equal(registryName(id), name);
});

t.test("what cannot be published is refused by the name of its flag", async (t) => {
  for (const [wrong, flag] of [
    [{ chainName: "Opg" }, "--chain-name"],
    [{ prettyName: "x".repeat(37) }, "--pretty-name"],
    [{ rpc: "https://rpc.opg.example?key=1" }, "--rpc"],
    [{ rest: "rest.opg.example" }, "--rest"],
    [{ grpc: "https://grpc.opg.example" }, "--grpc"],
    [{ website: "ftp://opg.example" }, "--website"],
  ] as const)
    t.throws(() => assertPresentation({ ...NAMES, ...wrong }), { message: new RegExp(`^${flag}: `) });
});

t.test("a home says the same of itself: addresses, peers and prices are its configuration's", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "opg-info-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const run = (...args: readonly string[]) => opgd(...args, "--home", home);
  await run("init", "one", "--chain-id", "opg-shown-1");
  const id = "b".repeat(40);
  await changeSettings(home, {
    "rpc.laddr": "tcp://0.0.0.0:36657",
    "p2p.persistent_peers": `${id}@peer.example:26656`,
    "p2p.external_address": "tcp://me.example:26656",
  });
  const show = async (format: string, ...more: readonly string[]) =>
    JSON.parse(await run("chain-info", "--format", format, ...more));
  const keplr = await show("keplr", "--pretty-name", "Shown");
  t.strictSame(await validateBasicChainInfoType(keplr, false), keplr);
  t.match(keplr, {
    chainId: "opg-shown-1",
    chainName: "Shown",
    rpc: "http://127.0.0.1:36657",
    feeCurrencies: [{ coinMinimalDenom: "uopg", coinDecimals: 6, gasPriceStep: { low: 0.001 } }],
  });
  const chain = await show("chain", "--rpc", "https://rpc.opg.example");
  t.strictSame(faults("chain", chain), []);
  t.match(chain, {
    chain_name: "opgshown",
    peers: { persistent_peers: [{ address: "me.example:26656" }, { id, address: "peer.example:26656" }] },
    apis: { rpc: [{ address: "https://rpc.opg.example" }] },
    staking: { lock_duration: { time: "600s" } },
  });
  const file = join(home, "assetlist.json");
  writeFileSync(file, "");
  await run("chain-info", "--format", "assetlist", "--output-document", file);
  t.strictSame(faults("assetlist", JSON.parse(readFileSync(file, "utf8"))), []);
  await changeSettings(home, { "p2p.seeds": "nobody" });
  await t.rejects(run("chain-info", "--format", "chain"), { message: /"nobody" is no peer/ });
});
