/** Stakes through the whole application: signed transactions, blocks, a restart. */
import t from "tap";
import type { ComputeEngine } from "../../../../chain/block/compute.ts";
import { AddressCodec } from "../../../../chain/runtime/address.ts";
import { MsgDelegate, MsgUndelegate, Query } from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { DENOM, TestChain, testSigner, testValidator } from "../../chain.ts";

t.setTimeout(240_000);
/** Nothing is asked of it: there are no models. */
const engine = {
  id: "none",
  idHash: new Uint8Array(32),
  conformanceHash: new Uint8Array(32),
} as unknown as ComputeEngine;
const addresses = new AddressCodec("opg");

t.test("a stake raises a validator's power two blocks on, and is paid back after its time", async (t) => {
  const validators = [testValidator("v1", 10n), testValidator("v2", 20n)];
  const chain = await TestChain.start({
    engine,
    validators,
    genesis: { models: { owner: testSigner("owner").address, samples: [] } },
  });
  t.teardown(() => chain.close());
  await chain.block();
  const delegatorAddress = testSigner("alice").address;
  const validatorAddress = addresses.operators.format(addresses.parse(validators[0]!.operator));
  const amount = { denom: DENOM, amount: "5000000" };
  const stake = await chain.sign("alice", [
    {
      typeUrl: MsgDelegate.typeUrl,
      value: MsgDelegate.encode({ delegatorAddress, validatorAddress, amount }),
    },
  ]);
  const { txResults, validatorUpdates } = await chain.block([stake], { propose: true });
  t.equal(txResults[0]!.code, 0, txResults[0]!.log);
  t.same(
    validatorUpdates.map(({ pubKey, power }) => [pubKey!.ed25519, power]),
    [[validators[0]!.publicKey, 15n]],
  );
  await chain.reopen();
  const leave = await chain.run("alice", MsgUndelegate, { delegatorAddress, validatorAddress, amount });
  t.equal(leave.code, 0, leave.log);
  const before = (await chain.query(Query.methods.Pool)).pool;
  t.same(before, { bondedTokens: "30000000", notBondedTokens: "5000000" });
  // A minute of blocks of five seconds.
  for (let block = 0; block < 12; block++) await chain.block();
  t.same((await chain.query(Query.methods.Pool)).pool, { ...before, notBondedTokens: "0" });
  t.same(chain.app.brokenInvariants(), []);
  const { hist } = await chain.query(Query.methods.HistoricalInfo, { height: chain.height });
  t.same(hist!.header.appHash, chain.appHashes.at(-2), "a header has the state before its block");
  t.equal(hist!.valset.length, 2);
});
