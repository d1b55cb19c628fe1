/** Networks of opgd under real CometBFT: the chain with its sample models, funded test accounts, invariants checked every block. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GenesisDocument, makeGenesis, PRESETS, sampleModels } from "../../genesis/index.ts";
import { APP_TOML, withGateways } from "../../node/config/app-toml.ts";
import { DENOM, FUNDS, testSigner } from "../chain/chain.ts";
import { type Net, type NetOptions, type NodePlace, startNet, tsx } from "./net.ts";

export const CHAIN = "opg-e2e-1";
/** Funded; test/chain/chain.ts testSigner makes their keys. */
export const ACCOUNTS = ["alice", "bob", "carol", "owner"];

export function startOpgdNet(validators: number, options: Partial<NetOptions> = {}): Promise<Net> {
  return startNet({
    validators,
    chainId: CHAIN,
    app: (node) => {
      const address = `tcp://127.0.0.1:${node.abciPort}`;
      const args = [
        "start",
        "--home",
        node.home,
        "--comet",
        "external",
        "--transport",
        "grpc",
        "--address",
        address,
        "--check-invariants",
      ];
      return { ...tsx("node/main.ts", ...args), address, transport: "grpc" };
    },
    prepare: (nodes) => {
      for (const { home } of nodes)
        writeFileSync(join(home, "config", "app.toml"), withGateways(APP_TOML, 0, 0));
    },
    genesis: (nodes) => opgdGenesis(nodes),
    ...options,
  });
}

/** The chain with its sample models, and the nodes as its validators. @param powers of these, by index; 10 of the others */
export function opgdGenesis(nodes: readonly NodePlace[], powers: readonly bigint[] = []): GenesisDocument {
  return makeGenesis({
    chainId: CHAIN,
    time: new Date().toISOString(),
    preset: PRESETS.test,
    accounts: ACCOUNTS.map((name) => ({
      address: testSigner(name).address,
      coins: [{ denom: DENOM, amount: FUNDS }],
    })),
    validators: nodes.map(({ comet, index }) => ({
      moniker: `node${index}`,
      consensusKey: comet.validator.pub,
      power: powers[index] ?? 10n,
      operator: testSigner(`operator-${index}`).address,
    })),
    models: { owner: testSigner("owner").address, samples: sampleModels() },
  });
}
