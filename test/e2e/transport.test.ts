/** How opgd and CometBFT talk: managed over gRPC unless told otherwise, and external over a unix socket as docs/validator.md has it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { OpgClient } from "../../client/index.ts";
import { DENOM, testSigner } from "../chain/chain.ts";
import { testBinary, tsx } from "./net.ts";
import { startOpgdNet } from "./opgd-net.ts";
import { type SoloNet, startSoloNet } from "./solo-net.ts";

t.setTimeout(280_000);
const binary = await testBinary();
const skip = binary === undefined ? "no CometBFT and no Go to build it" : false;

const pidOf = (net: SoloNet): number => Number(readFileSync(join(net.home, "data/cometbft.pid"), "utf8"));
const commandLine = (pid: number): string =>
  readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();

for (const { name, flags, arguments: wanted } of [
  { name: "gRPC, which is the default", flags: [], arguments: /--proxy_app 127\.0\.0\.1:\d+ --abci grpc$/ },
  {
    name: "a TCP socket",
    flags: ["--transport", "socket"],
    arguments: /--proxy_app tcp:\/\/127\.0\.0\.1:\d+ --abci socket$/,
  },
  {
    name: "a unix socket",
    flags: ["--transport", "socket", "--address", "unix://SOCKET"],
    arguments: /--proxy_app unix:\/\/\S+abci\.sock --abci socket$/,
  },
])
  t.test(`a managed node makes blocks over ${name}, and stops CometBFT with itself`, { skip }, async (t) => {
    const net = await startSoloNet({
      stopped: true,
      env: { PATH: process.env["PATH"], COMETBFT_BIN: binary },
    });
    t.teardown(() => net.stop());
    const socket = join(net.place.folder, "abci.sock");
    await net.start(flags.map((flag) => flag.replace("SOCKET", socket)));
    t.match(commandLine(pidOf(net)), wanted);
    // CometBFT shows a block before the application has committed it.
    await net.waitHeight(2);
    const client = await OpgClient.connect(net.rpcUrl(), { signer: testSigner("alice") });
    const sent = await client.send(testSigner("bob").address, [{ denom: DENOM, amount: "1" }]);
    t.equal(sent.result.code, 0);
    client.close();
    const pid = pidOf(net);
    t.equal(await net.end("SIGTERM"), 0);
    t.notOk(existsSync(`/proc/${pid}`), "CometBFT is gone");
    t.notOk(existsSync(socket), "the socket's file is gone");
  });

t.test(
  "an external node serves CometBFT over a unix socket, and goes on when both are started again",
  { skip },
  async (t) => {
    const net = await startOpgdNet(1, {
      app: (node) => {
        const address = `unix://${join(node.folder, "abci.sock")}`;
        const args = ["start", "--home", node.home, "--comet", "external", "--transport", "socket"];
        return { ...tsx("node/main.ts", ...args, "--address", address), address, transport: "socket" };
      },
    });
    t.teardown(() => net.stop());
    const sent = async () => {
      const client = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("alice") });
      await client.send(testSigner("bob").address, [{ denom: DENOM, amount: "1" }]);
      client.close();
    };
    await net.waitHeight(2);
    await sent();
    // A socket's file that a killed application left behind must not be in the way.
    net.kill(0, "app", "SIGKILL");
    await net.restart(0);
    await net.waitBlocks(2);
    await sent();
    net.kill(0, "both", "SIGTERM");
    await net.restart(0);
    await net.waitBlocks(2);
    await net.compareAppHashes();
    // The application alone, under a CometBFT that did not see it go: it answers no call without a handshake.
    net.kill(0, "app", "SIGKILL");
    await net.appEnded(0);
    await net.restartApp(0).catch(() => undefined);
    for (
      let waited = 0;
      waited < 600 && net.pids(0).app !== undefined && net.pids(0).comet !== undefined;
      waited++
    )
      await sleep(50);
    t.ok(
      net.pids(0).app === undefined || net.pids(0).comet === undefined,
      "they do not go on without a handshake: a service manager starts both again",
    );
    await net.restart(0);
    await net.waitBlocks(2);
    await sent();
    await net.compareAppHashes();
  },
);
