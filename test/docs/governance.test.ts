/** The governance guide tells the parameters that the chain has. */
import t from "tap";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { AUTHORITY } from "../../chain/runtime/authority.ts";
import { governanceGuide, writtenGuide } from "../../scripts/governance-docs.ts";
import { PARAMETERS } from "../../scripts/parameters.ts";

t.test("its tables are fresh: node --import tsx scripts/governance-docs.ts", async (t) => {
  t.equal(writtenGuide(), governanceGuide());
});

t.test("the fee split is among its parameters, with its default and an example", async (t) => {
  t.match(writtenGuide(), /\| `split\.burn` \|[^|]*\| `0\.05` \| [^|]*sum to exactly 1 \| `0\.1` \|/);
  t.ok(Object.keys(PARAMETERS).length > 0);
});

t.test("its example is signed by the governance account", async (t) => {
  t.match(writtenGuide(), `"authority": "${new AddressCodec("opg").format(AUTHORITY)}"`);
});
