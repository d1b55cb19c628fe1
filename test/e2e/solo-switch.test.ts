/** Which homes the embedded engine takes: none that CometBFT has blocks in, none of several validators, and none half. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { changeSettings, newConsensusKey, validatorKeyFile } from "../../node/comet/index.ts";
import { testBinary } from "./net.ts";
import { opgdGenesis, startOpgdNet } from "./opgd-net.ts";
import { startSoloNet } from "./solo-net.ts";

t.setTimeout(280_000);
const noComet = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;

t.test("blocks of CometBFT are never gone on with, nor the other way about", { skip: noComet }, async (t) => {
  const comet = await startOpgdNet(1);
  t.teardown(() => comet.stop());
  const solo = await startSoloNet({ stopped: true });
  t.teardown(() => solo.stop());
  await comet.waitHeight(3);
  await comet.stopNode(0);
  for (const part of ["config", "data"])
    cpSync(join(comet.nodes[0]!.home, part), join(solo.home, part), { recursive: true, force: true });
  await changeSettings(solo.home, { "rpc.laddr": `tcp://127.0.0.1:${solo.place.rpcPort}` });
  const refused = await solo.fails(["--comet", "embedded"]);
  t.equal(refused.code, 1);
  t.match(refused.text, /the home's data is CometBFT's or another chain's; run it with --comet managed/);
  rmSync(join(solo.home, "data/application.db"), { recursive: true });
  const again = await solo.fails(["--comet", "embedded"]);
  t.match(again.text, /the key signed height \d+.*it would sign a height twice/, "without the state neither");
  t.notOk(existsSync(join(solo.home, "data/solo.db")), "a refusal leaves nothing that marks the home");
});

t.test(
  "without CometBFT and Go one plain line says what makes the blocks, and later starts go on",
  async (t) => {
    const net = await startSoloNet({ flags: [] });
    t.teardown(() => net.stop());
    t.match(net.text, /There is neither CometBFT nor Go to build it: the embedded engine/);
    await net.waitHeight(2);
    await net.end("SIGTERM");
    for (const how of ["managed", "external"]) {
      const { code, text } = await net.fails(["--comet", how]);
      t.equal(code, 1, how);
      t.match(text, /blocks of .* are the embedded engine's, and CometBFT cannot go on with them/, how);
    }
    await net.start();
    t.match(net.text, /has blocks of the embedded engine, which goes on with them/);
    const { code, text } = await net.fails([]);
    t.equal(code, 1, "a second process");
    t.match(text, /is in use by another process/);
    await net.end("SIGTERM");
    for (const database of ["solo.db", "application.db"])
      rmSync(join(net.home, "data", database), { recursive: true });
    const anew = await net.fails(["--comet", "embedded"]);
    t.match(
      anew.text,
      /it would sign a height twice/,
      "a home whose blocks were lost begins no second chain",
    );
    const managed = await startSoloNet({ stopped: true });
    t.teardown(() => managed.stop());
    const none = await managed.fails(["--comet", "managed"]);
    t.equal(none.code, 1);
    t.match(none.text, /CometBFT is not there and Go is not, to build it: install Go/);
  },
);

t.test(
  "a genesis of several validators, or of others, is refused and the home is left as it was",
  async (t) => {
    const net = await startSoloNet({ stopped: true });
    t.teardown(() => net.stop());
    const genesisFile = join(net.home, "config/genesis.json");
    const genesis = readFileSync(genesisFile, "utf8");
    const key = newConsensusKey();
    const keyFile = join(net.home, "config/priv_validator_key.json");
    const own = readFileSync(keyFile, "utf8");
    writeFileSync(keyFile, validatorKeyFile(key));
    const stranger = await net.fails(["--comet", "embedded"]);
    t.equal(stranger.code, 1);
    t.match(stranger.text, /is no validator of the chain|has a validator beside this home's/);
    writeFileSync(keyFile, own);
    const { place } = net;
    const other = { ...place, index: 1, comet: { ...place.comet, validator: key } };
    writeFileSync(genesisFile, JSON.stringify(opgdGenesis([place, other])));
    for (const flags of [["--comet", "embedded"], []]) {
      const two = await net.fails(flags);
      t.equal(two.code, 1);
      t.match(
        two.text,
        /the chain has a validator beside this home's: the embedded engine runs one validator only/,
      );
    }
    t.notOk(existsSync(join(net.home, "data/solo.db")));
    writeFileSync(genesisFile, genesis);
    await net.start();
    await net.waitHeight(1);
  },
);

t.test(
  "a stopped home is rolled back and executes its block again; a running one is left alone",
  async (t) => {
    const net = await startSoloNet();
    t.teardown(() => net.stop());
    await net.waitHeight(3);
    for (const command of [["rollback"], ["comet", "unsafe-reset-all"]]) {
      const { code, text } = await net.run(command);
      t.equal(code, 1, command.join(" "));
      t.match(text, /is in use by another process: stop that node first/, command.join(" "));
    }
    await net.end("SIGTERM");
    t.match(await net.run(["rollback", "--hard"]), { code: 2, text: /would be a double signature/ });
    const { text: rolled } = await net.run(["rollback", "-o", "json"]);
    const { height, app_hash: before } = JSON.parse(rolled) as { height: string; app_hash: string };
    await net.start();
    await net.waitHeight(Number(height) + 1);
    const url = `${net.rpcUrl()}/header?height=${Number(height) + 1}`;
    const { result } = (await (await fetch(url)).json()) as { result: { header: { app_hash: string } } };
    t.equal(result.header.app_hash.toLowerCase(), before, "the block that was taken back is executed again");
  },
);
