/** opgd as its next release would be: one upgrade more, which leaves a note in the state. Run as node/main.ts is. */
import { UPGRADES, type Upgrade } from "../../chain/modules/upgrade/index.ts";

/** What a release adds to the list in the program's text. */
(UPGRADES as Upgrade[]).push({
  name: "v3",
  migrate: (ctx) => ctx.store("upgrade").set(Uint8Array.of(0x7f), new TextEncoder().encode("migrated")),
});

await import("../../node/main.ts");
