/** What a running node says of itself, checked over the network as Keplr checks a chain before it takes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkChainFeatures,
  checkRestConnectivity,
  checkRPCConnectivity,
  validateBasicChainInfoType,
} from "@keplr-wallet/chain-validator";
import t from "tap";
import { WebSocket } from "ws";
import { APP_TOML, withGateways } from "../../node/config/app-toml.ts";
import { freePorts } from "../../node/run/ports.ts";
import { startSoloNet } from "./solo-net.ts";

t.setTimeout(180_000);

t.test(
  "Keplr finds RPC, websocket and REST of the chain, and no feature that it was not told of",
  async (t) => {
    const net = await startSoloNet({ stopped: true });
    t.teardown(() => net.stop());
    const [grpc, api] = (await freePorts(2)) as readonly [number, number];
    writeFileSync(join(net.home, "config", "app.toml"), withGateways(APP_TOML, grpc, api));
    await net.start();
    const rest = `http://127.0.0.1:${api}`;
    // Of the node that runs; the home is asked for the same elsewhere.
    const file = join(net.home, "keplr.json");
    const { code, text } = await net.run([
      "chain-info",
      ...["--format", "keplr", "--node", net.rpcUrl(), "--rest", rest, "--output-document", file],
    ]);
    t.equal(code, 0, text);
    const chain = JSON.parse(readFileSync(file, "utf8"));
    t.strictSame(await validateBasicChainInfoType(chain, false), chain);
    t.equal(chain.rpc, net.rpcUrl());
    await checkRPCConnectivity(chain.chainId, chain.rpc, (url) => new WebSocket(url) as never);
    await checkRestConnectivity(chain.chainId, chain.rest);
    t.strictSame(await checkChainFeatures(chain), []);
    t.strictSame(
      await checkChainFeatures({ ...chain, features: [] }),
      ["query:/cosmos/bank/v1beta1/spendable_balances"],
      "what it can find out by itself, it finds",
    );
    await t.rejects(checkRestConnectivity("other-1", chain.rest));
  },
);
