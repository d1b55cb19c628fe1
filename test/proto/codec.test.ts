import * as theirAuth from "cosmjs-types/cosmos/auth/v1beta1/auth";
import * as theirBankTypes from "cosmjs-types/cosmos/bank/v1beta1/bank";
import * as theirBankQuery from "cosmjs-types/cosmos/bank/v1beta1/query";
import * as theirBank from "cosmjs-types/cosmos/bank/v1beta1/tx";
import * as theirTx from "cosmjs-types/cosmos/tx/v1beta1/tx";
import * as theirAbci from "cosmjs-types/tendermint/abci/types";
import * as theirTypes from "cosmjs-types/tendermint/types/types";
import t from "tap";
import { type AnyMessageType, field, type MessageType, message } from "../../proto/codec.ts";
import * as auth from "../../proto/gen/cosmos.auth.v1beta1.ts";
import * as bank from "../../proto/gen/cosmos.bank.v1beta1.ts";
import * as tx from "../../proto/gen/cosmos.tx.v1beta1.ts";
import * as inference from "../../proto/gen/opg.inference.v1.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import * as types from "../../proto/gen/tendermint.types.ts";
import { WireError } from "../../proto/wire.ts";
import { Random, randomMessage, seedOf } from "./random.ts";

interface Theirs {
  encode(value: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  fromPartial(value: never): object;
}

const rooms: [ours: Record<string, unknown>, theirs: Record<string, unknown>, names: string[]][] = [
  [bank, theirBank, ["MsgSend", "MsgMultiSend", "MsgSetSendEnabled"]],
  [bank, theirBankTypes, ["Metadata", "Input", "SendEnabled"]],
  [bank, theirBankQuery, ["QueryBalanceRequest", "QueryAllBalancesResponse", "QueryTotalSupplyResponse"]],
  [auth, theirAuth, ["BaseAccount", "ModuleAccount", "Params"]],
  [tx, theirTx, ["TxBody", "AuthInfo", "TxRaw", "SignDoc", "Tx", "SignerInfo", "ModeInfo"]],
  [
    abci,
    theirAbci,
    [
      "RequestInfo",
      "RequestInitChain",
      "RequestQuery",
      "RequestCheckTx",
      "RequestPrepareProposal",
      "RequestProcessProposal",
      "RequestFinalizeBlock",
      "ResponseQuery",
      "ResponseFinalizeBlock",
      "ResponseCheckTx",
      "ExecTxResult",
      "Event",
    ],
  ],
  [types, theirTypes, ["Header", "Commit", "Vote", "BlockID", "SignedHeader", "LightBlock"]],
];

const pairs = rooms.flatMap(([ours, theirs, names]) =>
  names.map((name) => [name, ours[name] as AnyMessageType, theirs[name] as Theirs] as const),
);

/** Fields of nested messages that came after cosmjs-types was generated. */
const newer = new Set([
  "cosmos.tx.v1beta1.TxBody.unordered",
  "cosmos.tx.v1beta1.TxBody.timeoutTimestamp",
  "tendermint.types.ConsensusParams.authority",
  "tendermint.crypto.PublicKey.bls12381",
  "tendermint.crypto.PublicKey.mldsa65",
  "tendermint.crypto.PublicKey.secp256k1eth",
]);

const rounds = Number(process.env["CODEC_ROUNDS"] ?? 60);

t.test("messages have the bytes that cosmjs-types gives them, for random values", async (t) => {
  const random = new Random(seedOf("CODEC_SEED"));
  t.comment(`CODEC_SEED=${random.seed}`);
  for (const [name, ours, theirs] of pairs) {
    // A field that the type itself lacks there came later.
    const known = new Map<string, Set<string>>([
      [ours.typeName, new Set(Object.keys(theirs.fromPartial({} as never)))],
    ]);
    const skip = (type: AnyMessageType, each: { property: string }) => {
      const properties = known.get(type.typeName);
      if (properties) return !properties.has(each.property);
      return newer.has(`${type.typeName}.${each.property}`);
    };
    for (let round = 0; round < rounds; round++) {
      const value = randomMessage(random, ours, 0, { skip });
      const bytes = ours.encode(value as never);
      const wanted = theirs.encode(value as never).finish();
      if (!equal(bytes, wanted)) {
        t.fail(`${name}, round ${round}: ${hex(bytes)} is not ${hex(wanted)}`);
        break;
      }
      const back = ours.encode(ours.decode(wanted, { strict: true, ordered: true }) as never);
      if (!equal(back, wanted)) t.fail(`${name}, round ${round}: decoding and encoding gives ${hex(back)}`);
    }
    t.pass(name);
  }
});

t.test("strict decoding is the inverse of encoding, and accepted bytes encode to themselves", async (t) => {
  const random = new Random(seedOf("CODEC_SEED"));
  t.comment(`CODEC_SEED=${random.seed}`);
  const own = Object.values(inference)
    .filter(isMessage)
    .map((type) => [type.typeName, type] as const);
  const all = [...pairs.map(([name, type]) => [name, type] as const), ...own];
  let accepted = 0;
  for (const [name, type] of all) {
    for (let round = 0; round < rounds / 4; round++) {
      const value = randomMessage(random, type);
      const bytes = type.encode(value as never);
      t.same(type.decode(bytes, { strict: true, ordered: true }), value, name);
      // Bytes with one change: refused, or canonical up to what the wire leaves open (packing, order, defaults).
      const changed = bytes.slice();
      if (changed.length === 0) continue;
      changed[random.int(changed.length)]! ^= 1 << random.int(8);
      try {
        const again = type.decode(changed, { strict: true, ordered: true });
        const once = type.encode(again as never);
        t.ok(equal(type.encode(type.decode(once, { strict: true, ordered: true }) as never), once), name);
        accepted++;
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
    }
  }
  t.ok(accepted > 0, "some changes were accepted, so that the property was tried");
});

const Inner: MessageType<{ n: number }> = message("test.Inner", () => [field(1, "n", "uint32")]);
const Loop: MessageType<{ next: unknown }> = message("test.Loop", () => [field(1, "next", Loop)]);
const Outer: MessageType<Record<string, unknown>> = message("test.Outer", () => [
  field(1, "text", "string"),
  field(2, "count", "uint64"),
  field(3, "inner", Inner),
  field(4, "a", "string", { optional: true, oneof: "choice" }),
  field(5, "b", "uint32", { optional: true, oneof: "choice" }),
  field(6, "numbers", "uint32", { repeated: true }),
  field(7, "small", "int32"),
  field(8, "flag", "bool"),
]);

function loop(depth: number): Uint8Array {
  let bytes = new Uint8Array(0);
  for (let i = 0; i < depth; i++) {
    const length: number[] = [];
    let rest = bytes.length;
    for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
    bytes = Uint8Array.of(0x0a, ...length, rest, ...bytes);
  }
  return bytes;
}

t.test("strict decoding refuses what no canonical encoder writes", async (t) => {
  const cases: [name: string, bytes: number[], lenient: "reads" | "refuses"][] = [
    ["an unknown field", [0x78, 0x01], "reads"],
    ["an unknown field inside", [0x1a, 0x02, 0x10, 0x01], "reads"],
    ["a varint longer than it need be", [0x10, 0x81, 0x00], "reads"],
    ["a tag longer than it need be", [0x90, 0x00, 0x01], "reads"],
    ["a length longer than it need be", [0x0a, 0x81, 0x00, 0x61], "reads"],
    ["a varint of 65 bits", [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], "reads"],
    ["a varint of eleven bytes", [0x10, ...Array(10).fill(0x80), 0x01], "refuses"],
    ["an int32 that does not fit", [0x38, 0x80, 0x80, 0x80, 0x80, 0x10], "reads"],
    ["a bool of 2", [0x40, 0x02], "reads"],
    ["fields out of order", [0x10, 0x01, 0x0a, 0x01, 0x61], "reads"],
    ["a singular field twice", [0x10, 0x01, 0x10, 0x02], "reads"],
    ["a message field twice", [0x1a, 0x00, 0x1a, 0x00], "reads"],
    ["two members of a oneof", [0x22, 0x01, 0x61, 0x28, 0x01], "reads"],
    ["a wrong wire type", [0x0d, 0x00, 0x00, 0x00, 0x00], "refuses"],
    ["a varint where a message should be", [0x18, 0x01], "refuses"],
    ["trailing bytes", [0x10, 0x01, 0x00], "refuses"],
    ["a field cut short", [0x0a, 0x05, 0x61], "refuses"],
    ["a varint cut short", [0x10, 0x80], "refuses"],
    ["a group", [0x0b, 0x0c], "refuses"],
    ["field number 0", [0x02, 0x00], "refuses"],
    ["text that is not UTF-8", [0x0a, 0x02, 0xc3, 0x28], "refuses"],
    ["a length beyond the end", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], "refuses"],
  ];
  for (const [name, bytes, lenient] of cases) {
    t.throws(
      () => Outer.decode(Uint8Array.from(bytes), { strict: true, ordered: true }),
      WireError,
      `strict: ${name}`,
    );
    const read = () => Outer.decode(Uint8Array.from(bytes));
    if (lenient === "reads") t.doesNotThrow(read, `lenient: ${name}`);
    else t.throws(read, WireError, `lenient: ${name}`);
  }
  t.throws(() => Loop.decode(loop(5000)), WireError, "a depth bomb");
  t.doesNotThrow(() => Loop.decode(loop(60)));
});

t.test("fields with bit 11 of their number set may be skipped where ADR-020 allows it", async (t) => {
  const nonCritical = Uint8Array.of(0xc2, 0x40, 0x01, 0x61);
  t.throws(() => Outer.decode(nonCritical, { strict: true }), WireError);
  t.doesNotThrow(() => Outer.decode(nonCritical, { strict: true, allowNonCritical: true }));
  t.throws(
    () => Outer.decode(Uint8Array.of(0x78, 0x01), { strict: true, allowNonCritical: true }),
    WireError,
  );
});

t.test("a default is never written, also when it was set", async (t) => {
  t.same([...Outer.encode(Outer.create({ text: "", count: 0n, numbers: [], small: 0, flag: false }))], []);
  t.same([...Outer.encode(Outer.create({ a: "" }))], [0x22, 0x00], "but a member of a oneof is");
});

function isMessage(value: unknown): value is AnyMessageType {
  return typeof value === "object" && value !== null && (value as { kind?: string }).kind === "message";
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return hex(a) === hex(b);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
