import t from "tap";
import {
  GENESIS_STEPS,
  type GenesisDocument,
  makeGenesis,
  migrateGenesis,
  PRESETS,
} from "../../genesis/index.ts";
import { VERSION } from "../../node/version.ts";

const document = makeGenesis({ chainId: "opg-1", time: "2026-01-31T12:00:00Z", preset: PRESETS.test });

t.test("the version that runs reads its own genesis as it is", async (t) => {
  t.equal(
    GENESIS_STEPS.at(-1)!.to,
    VERSION,
    "a version of a new form has a step; one of the same renames the last",
  );
  t.strictSame(migrateGenesis(document, { to: VERSION }), document);
  t.strictSame(migrateGenesis(document, { from: `v${VERSION}`, to: VERSION }), document);
});

t.test("steps are taken from the version that wrote it to the one that reads it, in order", async (t) => {
  const note = (to: string) => ({
    to,
    apply: (made: GenesisDocument) => ({ ...made, chain_id: `${made.chain_id}>${to}` }),
  });
  const steps = [note("0.1.0"), note("0.2.0"), note("1.0.0")];
  const cases: readonly (readonly [string | undefined, string, string])[] = [
    [undefined, "0.1.0", "opg-1"],
    [undefined, "1.0.0", "opg-1>0.2.0>1.0.0"],
    ["0.2.0", "1.0.0", "opg-1>1.0.0"],
    ["1.0.0", "1.0.0", "opg-1"],
  ];
  for (const [from, to, expected] of cases) {
    const range = { to, ...(from === undefined ? {} : { from }) };
    t.equal(migrateGenesis(document, range, steps).chain_id, expected);
  }
  const said = { ...document, app_version: "0.2.0" };
  t.match(migrateGenesis(said, { to: "1.0.0" }, steps), { chain_id: "opg-1>1.0.0", app_version: "1.0.0" });
});

t.test("versions that are not there, and the way back, are refused", async (t) => {
  const steps = [...GENESIS_STEPS, { to: "9.0.0", apply: (made: GenesisDocument) => made }];
  t.throws(() => migrateGenesis(document, { to: "0.0.9" }), { message: /target version: "0.0.9".*0\.1\.0/ });
  t.throws(() => migrateGenesis(document, { from: "x", to: VERSION }), { message: /from: "x"/ });
  t.throws(() => migrateGenesis(document, { from: "9.0.0", to: "0.1.0" }, steps), { message: /no way back/ });
});
