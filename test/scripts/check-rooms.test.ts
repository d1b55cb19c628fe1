import t from "tap";
import { faultsOf } from "../../scripts/check-rooms.ts";

const faulty: readonly (readonly [why: string, file: string, text: string])[] = [
  ["chain reaches up into node", "chain/app.ts", `import { x } from "../node/cli.ts";`],
  ["abci knows of the chain", "abci/server.ts", `import { x } from "../chain/app.ts";`],
  ["client reaches the level database", "client/a.ts", `import { x } from "../chain/store/multistore.ts";`],
  ["a browser room takes a node module", "client/a.ts", `import { readFileSync } from "node:fs";`],
  ["a module takes another's store keys", "chain/modules/a/keeper.ts", `import { k } from "../b/keys.ts";`],
  ["randomness in the chain", "chain/app.ts", "export const x = Math.random();"],
  ["a clock in the chain", "chain/app.ts", "export const x = Date.now();"],
  ["a float in the chain", "chain/app.ts", "export const x = 0.5;"],
  ["a float function in the chain", "chain/app.ts", "export const x = Math.sqrt(4);"],
  ["a locale in the chain", "chain/app.ts", `export const x = ["a"].sort((p, q) => p.localeCompare(q));`],
  ["a bare error", "node/a.ts", `throw new Error("x");`],
];

for (const [why, file, text] of faulty) {
  t.test(`refused: ${why}`, async (t) => {
    t.equal(faultsOf(file, text).length, 1, JSON.stringify(faultsOf(file, text)));
  });
}

const clean: readonly (readonly [why: string, file: string, text: string])[] = [
  ["the engine may compute with floats", "chain/engine/a.ts", "export const x = Math.sqrt(0.5);"],
  [
    "chain takes the Application types",
    "chain/app.ts",
    `import type { Application } from "../abci/application.ts";`,
  ],
  ["a module uses another's keeper", "chain/modules/a/msgs.ts", `import type { K } from "../b/keeper.ts";`],
  [
    "words in comments and strings do not count",
    "chain/app.ts",
    `// Math.random()\nexport const x = "Date.now()";`,
  ],
];

for (const [why, file, text] of clean) {
  t.test(`allowed: ${why}`, async (t) => {
    t.strictSame(faultsOf(file, text), []);
  });
}
