/** upgrade-info.json, as cosmovisor reads it. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { UpgradeNeeded } from "../../chain/modules/upgrade/index.ts";
import { writeUpgradeInfo } from "../../node/run/upgrade-info.ts";
import { Plan } from "../../proto/gen/cosmos.upgrade.v1beta1.ts";

t.test("the file names the upgrade as the SDK's does", async (t) => {
  const home = t.testdir();
  mkdirSync(join(home, "data"));
  const read = (plan: Partial<Plan>) =>
    readFileSync(writeUpgradeInfo(home, new UpgradeNeeded(Plan.create(plan))), "utf8");
  t.equal(
    read({ name: "v2", height: 12n, info: '{"binaries":{}}' }),
    '{"name":"v2","time":"0001-01-01T00:00:00Z","height":12,"info":"{\\"binaries\\":{}}"}',
  );
  t.equal(read({ name: "v3", height: 1n }), '{"name":"v3","time":"0001-01-01T00:00:00Z","height":1}');
});
