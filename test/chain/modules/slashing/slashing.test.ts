/** Downtime: counted over a window, slashed and jailed past the bound, and the way back. */
import t from "tap";
import { DEFAULT_PARAMS } from "../../../../chain/modules/slashing/params.ts";
import { AddressCodec, moduleAddress } from "../../../../chain/runtime/address.ts";
import { Msg, type Params, Query } from "../../../../proto/gen/cosmos.slashing.v1beta1.ts";
import type { VoteInfo } from "../../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../../proto/gen/tendermint.types.ts";
import { codec, consensusAddress, Sandbox } from "../sandbox.ts";
import { dec, operatorOf, Stakes, UNIT } from "../staking/stakes.ts";

const authority = codec.format(moduleAddress("gov"));
const consensusOf = (name: string) => codec.consensus.format(consensusAddress(name));

const vote = (name: string, power: bigint, signed: boolean): VoteInfo => ({
  validator: { address: consensusAddress(name), power },
  blockIdFlag: signed ? BlockIDFlag.BLOCK_ID_FLAG_COMMIT : BlockIDFlag.BLOCK_ID_FLAG_ABSENT,
});

/** A chain with ann (10) and ben (20), a window of 10 blocks of which half must be signed, and a jail of 5 seconds. */
function start(params: Partial<Params> = {}): Stakes {
  const stakes = new Stakes({}, { bob: 100n * UNIT });
  const { response, error } = stakes.sandbox.deliver(Msg.methods.UpdateParams, {
    authority,
    params: {
      ...DEFAULT_PARAMS,
      signedBlocksWindow: 10n,
      downtimeJailDuration: { seconds: 5n, nanos: 0 },
      ...params,
    },
  });
  if (error || !response) throw error;
  stakes.create("ann", 10n * UNIT);
  stakes.create("ben", 20n * UNIT);
  stakes.next();
  return stakes;
}

const sign = (stakes: Stakes, ann: boolean, blocks = 1): void =>
  stakes.next(blocks, { votes: [vote("ann", 10n, ann), vote("ben", 20n, true)] });
const info = (stakes: Stakes) =>
  stakes.sandbox.query(Query.methods.SigningInfo, { consAddress: consensusOf("ann") }).valSigningInfo;
const unjail = (stakes: Stakes, name = "ann") =>
  stakes.sandbox.deliver(Msg.methods.Unjail, { validatorAddr: operatorOf(name) });

t.test("misses are counted over the window, and forgotten when it has passed", async (t) => {
  const stakes = start();
  sign(stakes, false, 3);
  t.match(stakes.begun.at(-1), {
    type: "liveness",
    attributes: [{ value: consensusOf("ann") }, { key: "missed_blocks", value: "3" }, { key: "height" }],
  });
  t.match(info(stakes), { missedBlocksCounter: 3n, indexOffset: 3n });
  sign(stakes, true, 7);
  t.match(info(stakes), { missedBlocksCounter: 3n, indexOffset: 10n });
  sign(stakes, true, 2);
  t.match(info(stakes), { missedBlocksCounter: 1n });
  sign(stakes, true, 1);
  t.match(info(stakes), { missedBlocksCounter: 0n });
});

t.test(
  "more misses than are allowed cost a hundredth of the stake and jail, but not in the first window",
  async (t) => {
    const stakes = start();
    sign(stakes, false, 9);
    t.equal(stakes.line("ann"), "bonded 10000000 10000000.000000000000000000", "a new validator is spared");
    sign(stakes, false);
    t.equal(stakes.line("ann"), "bonded jailed 9900000 10000000.000000000000000000");
    t.match(stakes.begun.at(-1), {
      type: "slash",
      attributes: [
        { key: "address", value: consensusOf("ann") },
        { key: "power", value: "10" },
        { key: "reason", value: "missing_signature" },
        { key: "jailed", value: consensusOf("ann") },
        { key: "burned_coins", value: "100000" },
      ],
    });
    t.match(info(stakes), { missedBlocksCounter: 0n, indexOffset: 0n });
    t.same(stakes.sandbox.modules.slashing.state.missed(stakes.ctx, consensusAddress("ann")), []);
    sign(stakes, false);
    t.equal(stakes.line("ann"), "unbonding jailed 9900000 10000000.000000000000000000");
    t.same(stakes.told("ann"), { ann: 0n });
    t.match(info(stakes), { indexOffset: 0n }, "who is jailed is not counted");
  },
);

t.test("delegators and those who unbond since pay their part", async (t) => {
  const stakes = start();
  stakes.delegate("bob", "ann", 10n * UNIT);
  sign(stakes, false, 10);
  t.equal(
    stakes.line("ann"),
    "bonded jailed 19900000 20000000.000000000000000000",
    "by the power that missed",
  );
  const again = start();
  again.delegate("bob", "ann", 10n * UNIT);
  again.next(9, { votes: [vote("ann", 20n, false), vote("ben", 20n, true)] });
  again.undelegate("bob", "ann", 5n * UNIT);
  again.next(1, { votes: [vote("ann", 20n, false), vote("ben", 20n, true)] });
  t.same(again.unbonding("bob", "ann"), [4_950_000n]);
  t.equal(again.line("ann"), "bonded jailed 14850000 15000000.000000000000000000");
});

t.test("who was jailed may be back after its time, and is watched anew", async (t) => {
  const stakes = start();
  sign(stakes, false, 11);
  t.match(unjail(stakes).error, { codespace: "slashing", code: 4 });
  stakes.next(5);
  t.equal(unjail(stakes).error, undefined);
  stakes.next();
  t.equal(stakes.line("ann"), "bonded 9900000 10000000.000000000000000000");
  t.equal(info(stakes).startHeight, stakes.ctx.block.height - 1n);
  t.match(unjail(stakes).error, { codespace: "slashing", code: 5 });
  sign(stakes, false, 5);
  t.match(stakes.line("ann"), /^bonded 99/);
});

t.test("who may not be back is told why, by code", async (t) => {
  const stakes = start();
  t.match(unjail(stakes, "nobody").error, { codespace: "staking", code: 3 });
  t.match(unjail(stakes, "ben").error, { codespace: "slashing", code: 5 });
  stakes.undelegate("ann", "ann", 10n * UNIT);
  t.match(unjail(stakes).error, { codespace: "staking", code: 19 });
  const poor = start();
  poor.create("cat", 10n * UNIT, { minSelfDelegation: String(10n * UNIT) });
  poor.next();
  poor.undelegate("cat", "cat", 1n * UNIT);
  t.match(unjail(poor, "cat").error, { codespace: "slashing", code: 7 });
});

t.test("a vote of a validator that is no more changes nothing", async (t) => {
  const stakes = start();
  const before = stakes.sandbox.stateHash();
  const { ctx } = stakes;
  stakes.sandbox.modules.slashing.beginBlock(ctx);
  stakes.next(1, { votes: [vote("stranger", 5n, false)] });
  t.notOk(stakes.begun.some(({ type }) => type === "liveness"));
  t.ok(before.length > 0);
});

t.test("parameters have bounds, and nobody but governance sets them", async (t) => {
  const { sandbox } = start();
  const set = (params: Partial<Params>, by = authority) =>
    sandbox.deliver(Msg.methods.UpdateParams, { authority: by, params: { ...DEFAULT_PARAMS, ...params } });
  const cases: readonly (readonly [Partial<Params>, RegExp])[] = [
    [{ signedBlocksWindow: 0n }, /signed_blocks_window: 0/],
    [{ minSignedPerWindow: dec("1.01") }, /min_signed_per_window: 1\.01/],
    [{ minSignedPerWindow: "-1" }, /min_signed_per_window/],
    [{ downtimeJailDuration: { seconds: 0n, nanos: 0 } }, /downtime_jail_duration/],
    [{ slashFractionDoubleSign: dec("2") }, /slash_fraction_double_sign: 2/],
    [{ slashFractionDowntime: "" }, /slash_fraction_downtime/],
  ];
  for (const [params, message] of cases) t.match(set(params).error, { codespace: "sdk", code: 18, message });
  t.match(set({}, codec.format(moduleAddress("bank"))).error, { codespace: "gov", code: 13 });
  t.equal(set({ signedBlocksWindow: 77n }).error, undefined);
  t.equal(sandbox.query(Query.methods.Params).params.signedBlocksWindow, 77n);
});

t.test("export and import keep what was missed", async (t) => {
  const stakes = start();
  sign(stakes, false, 4);
  stakes.sandbox.end();
  const genesis = stakes.sandbox.exported();
  const second = new Sandbox({ genesis, validators: [] });
  t.same(second.exported().slashing, genesis.slashing);
  t.same(second.modules.slashing.state.missed(second.context(), consensusAddress("ann")), [0n, 1n, 2n, 3n]);
  t.same(second.broken(), []);
  const other = new AddressCodec("other").consensus.format(consensusAddress("ann"));
  t.throws(
    () =>
      new Sandbox({
        genesis: {
          slashing: {
            params: DEFAULT_PARAMS,
            signingInfos: [],
            missedBlocks: [{ address: other, missedBlocks: [] }],
          },
        },
      }),
    /missed_blocks\[0\]\.address/,
  );
});
