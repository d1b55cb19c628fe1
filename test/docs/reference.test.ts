/** The reference tells the messages and queries that the chain has. */
import t from "tap";
import { referenceDocument, writtenReference } from "../../scripts/reference-docs.ts";

t.test("it is fresh: node --import tsx scripts/reference-docs.ts", async (t) => {
  t.equal(writtenReference(), referenceDocument());
});

t.test("it names what wallets need", async (t) => {
  const text = writtenReference();
  t.match(text, /\| `MsgDelegate` \| `delegator_address` \|.*`cosmos-sdk\/MsgDelegate` \|/);
  t.match(text, "`GET /cosmos/staking/v1beta1/validators`");
  t.match(text, "`POST /cosmos/tx/v1beta1/txs`");
});
