import { readFileSync } from "node:fs";
import t from "tap";
import { operatorTable } from "../../../../scripts/operator-table.ts";

t.test("docs/operators.md is the allow-list of the code", async (t) => {
  const text = readFileSync(new URL("../../../../docs/operators.md", import.meta.url), "utf8");
  t.equal(text, operatorTable(), "run node --import tsx scripts/operator-table.ts");
});
