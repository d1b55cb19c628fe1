import t from "tap";
import { type AnyMessageType, enumeration, field, type MessageType, message } from "../../proto/codec.ts";
import * as auth from "../../proto/gen/cosmos.auth.v1beta1.ts";
import * as bank from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { PageResponse } from "../../proto/gen/cosmos.base.query.v1beta1.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import * as tx from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { Duration, Timestamp } from "../../proto/gen/google.protobuf.ts";
import * as inference from "../../proto/gen/opg.inference.v1.ts";
import * as models from "../../proto/gen/opg.models.v1.ts";
import { Header } from "../../proto/gen/tendermint.types.ts";
import { fromJson, type Json, JsonError, TypeRegistry, toJson } from "../../proto/json.ts";
import {
  formatDecimal,
  formatDuration,
  formatTimestamp,
  parseDecimal,
  parseDuration,
  parseTimestamp,
} from "../../proto/text.ts";
import { Random, randomMessage, seedOf } from "./random.ts";

const registry = new TypeRegistry([bank.MsgSend, PubKey, auth.BaseAccount, Timestamp, Duration]);

const Kind = enumeration("test.Kind", { KIND_NONE: 0, KIND_ONE: 1 });
interface Sample {
  readonly text: string;
  readonly big: bigint;
  readonly small: number;
  readonly raw: Uint8Array;
  readonly kind: number;
  readonly rate: string;
  readonly when: Timestamp | undefined;
  readonly span: Duration | undefined;
  readonly manyWords: readonly string[];
  readonly a: string | undefined;
  readonly b: bigint | undefined;
  readonly flag: boolean;
  readonly real: number;
}
const Sample: MessageType<Sample> = message("test.Sample", () => [
  field(1, "text", "string"),
  field(2, "big", "uint64"),
  field(3, "small", "int32"),
  field(4, "raw", "bytes"),
  field(5, "kind", Kind),
  field(6, "rate", "string", { dec: true }),
  field(7, "when", Timestamp),
  field(8, "span", Duration),
  field(9, "many_words", "string", { repeated: true }),
  field(10, "a", "string", { optional: true, oneof: "choice" }),
  field(11, "b", "int64", { optional: true, oneof: "choice" }),
  field(12, "flag", "bool"),
  field(13, "real", "double"),
]);

t.test(
  "defaults are written, absent messages and empty bytes are null, absent members of a oneof are left out",
  async (t) => {
    t.strictSame(toJson(Sample, Sample.create()), {
      text: "",
      big: "0",
      small: 0,
      raw: null,
      kind: "KIND_NONE",
      rate: "0.000000000000000000",
      when: null,
      span: null,
      many_words: [],
      flag: false,
      real: 0,
    });
    t.strictSame(
      toJson(PageResponse, PageResponse.create()),
      { next_key: null, total: "0" },
      "as every gateway answers",
    );
  },
);

t.test("values have the form that the gateway gives them, and are read back", async (t) => {
  const value = Sample.create({
    text: "naïve <&>",
    big: 18446744073709551615n,
    small: -5,
    raw: Uint8Array.of(251, 255, 1),
    kind: 1,
    rate: "-50000000000000000",
    when: { seconds: 1_763_971_200n, nanos: 120_000_000 },
    span: { seconds: -1n, nanos: -500_000_000 },
    manyWords: ["x"],
    b: 0n,
    flag: true,
    real: -1.5,
  });
  const json = {
    text: "naïve <&>",
    big: "18446744073709551615",
    small: -5,
    raw: "+/8B",
    kind: "KIND_ONE",
    rate: "-0.050000000000000000",
    when: "2025-11-24T08:00:00.120Z",
    span: "-1.500s",
    many_words: ["x"],
    b: "0",
    flag: true,
    real: -1.5,
  };
  t.strictSame(toJson(Sample, value), json);
  t.strictSame(fromJson(Sample, json), value);
});

t.test("what others write is read too", async (t) => {
  const cases: [Json, Partial<Sample>][] = [
    [{ manyWords: ["camel"] }, { manyWords: ["camel"] }],
    [
      { big: 7, small: "7" },
      { big: 7n, small: 7 },
    ],
    [{ raw: "-_8B" }, { raw: Uint8Array.of(251, 255, 1) }],
    [{ raw: "AQ" }, { raw: Uint8Array.of(1) }],
    [{ raw: "" }, {}],
    [{ kind: 1 }, { kind: 1 }],
    [{ kind: 99 }, { kind: 99 }],
    [{ rate: "0.05" }, { rate: "50000000000000000" }],
    [{ when: "2025-11-24T09:30:00+01:30" }, { when: { seconds: 1_763_971_200n, nanos: 0 } }],
    [{ text: null, when: null, many_words: null, a: null }, {}],
    [{ real: "NaN" }, { real: Number.NaN }],
    [{ real: "-Infinity" }, { real: Number.NEGATIVE_INFINITY }],
  ];
  for (const [json, value] of cases)
    t.strictSame(fromJson(Sample, json), Sample.create(value), JSON.stringify(json));
});

t.test("what is wrong is refused with its path", async (t) => {
  const cases: [Json, string, string][] = [
    [[], "$", "invalid_value"],
    ["x", "$", "invalid_value"],
    [{ nope: 1 }, "$.nope", "unknown_field"],
    [{ many_words: [], manyWords: [] }, "$.manyWords", "duplicate_field"],
    [{ a: "x", b: "1" }, "$.b", "duplicate_field"],
    [{ text: 5 }, "$.text", "invalid_value"],
    [{ text: "\ud800" }, "$.text", "invalid_value"],
    [{ big: -1 }, "$.big", "invalid_value"],
    [{ big: "18446744073709551616" }, "$.big", "invalid_value"],
    [{ big: 1.5 }, "$.big", "invalid_value"],
    [{ big: "0x10" }, "$.big", "invalid_value"],
    [{ big: 9007199254740994 }, "$.big", "invalid_value"],
    [{ small: 2147483648 }, "$.small", "invalid_value"],
    [{ raw: "***" }, "$.raw", "invalid_value"],
    [{ kind: "KIND_TWO" }, "$.kind", "invalid_value"],
    [{ kind: "toString" }, "$.kind", "invalid_value"],
    [{ rate: 0.05 }, "$.rate", "invalid_value"],
    [{ rate: "0.1234567890123456789" }, "$.rate", "invalid_value"],
    [{ when: "2025-02-30T00:00:00Z" }, "$.when", "invalid_value"],
    [{ when: 5 }, "$.when", "invalid_value"],
    [{ span: "1" }, "$.span", "invalid_value"],
    [{ many_words: "x" }, "$.many_words", "invalid_value"],
    [{ many_words: ["x", 2] }, "$.many_words[1]", "invalid_value"],
    [{ flag: "true" }, "$.flag", "invalid_value"],
    [{ real: "fast" }, "$.real", "invalid_value"],
  ];
  for (const [json, path, code] of cases) {
    try {
      fromJson(Sample, json);
      t.fail(`accepted: ${JSON.stringify(json)}`);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      t.strictSame([error.path, error.code], [path, code], error.message);
    }
  }
});

t.test("an Any is its fields beside its type, and needs the registry", async (t) => {
  const send = bank.MsgSend.create({
    fromAddress: "a",
    toAddress: "b",
    amount: [{ denom: "uopg", amount: "1" }],
  });
  const body = tx.TxBody.create({
    messages: [{ typeUrl: bank.MsgSend.typeUrl, value: bank.MsgSend.encode(send) }],
  });
  const json = toJson(tx.TxBody, body, registry) as { messages: Json[] };
  t.strictSame(json.messages, [
    {
      "@type": "/cosmos.bank.v1beta1.MsgSend",
      from_address: "a",
      to_address: "b",
      amount: [{ denom: "uopg", amount: "1" }],
    },
  ]);
  t.strictSame(fromJson(tx.TxBody, json, registry), body);
  t.throws(() => toJson(tx.TxBody, body), { code: "unknown_type", path: "$.messages[0]" });
  t.throws(() => fromJson(tx.TxBody, json), { code: "unknown_type", path: "$.messages[0]" });
  t.throws(() => fromJson(tx.TxBody, { messages: [{ from_address: "a" }] }, registry), {
    code: "invalid_value",
    path: "$.messages[0]",
  });
  t.throws(
    () =>
      fromJson(
        tx.TxBody,
        { messages: [{ "@type": "/cosmos.bank.v1beta1.MsgSend", amount: [{ denom: 5 }] }] },
        registry,
      ),
    {
      code: "invalid_value",
      path: "$.messages[0].amount[0].denom",
    },
  );
  const time = { typeUrl: Timestamp.typeUrl, value: Timestamp.encode({ seconds: 1n, nanos: 0 }) };
  const timed = tx.TxBody.create({ messages: [time] });
  const shown = toJson(tx.TxBody, timed, registry) as { messages: Json[] };
  t.strictSame(shown.messages, [{ "@type": "/google.protobuf.Timestamp", value: "1970-01-01T00:00:01Z" }]);
  t.strictSame(fromJson(tx.TxBody, shown, registry), timed);
});

t.test("random messages of every kind survive JSON", async (t) => {
  const random = new Random(seedOf("JSON_SEED"));
  t.comment(`JSON_SEED=${random.seed}`);
  const choices = {
    message: (type: AnyMessageType, r: Random) => {
      if (type.typeName === "google.protobuf.Timestamp")
        return { seconds: BigInt(r.int(2_000_000_000)), nanos: r.pick([0, 1, 5000, 999_999_999]) };
      if (type.typeName === "google.protobuf.Duration")
        return { seconds: BigInt(r.int(1000)), nanos: r.pick([0, 7_000_000]) };
      if (type.typeName === "google.protobuf.Any")
        return { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: r.bytes(33) }) };
      return undefined;
    },
  };
  const types = [
    ...Object.values(bank),
    ...Object.values(auth),
    ...Object.values(models),
    ...Object.values(inference),
    ...Object.values(tx),
    Header,
    Sample,
  ].filter((type): type is AnyMessageType => (type as { kind?: string }).kind === "message");
  t.ok(types.length > 80);
  for (const type of types) {
    for (let round = 0; round < 10; round++) {
      const value = randomMessage(random, type, 0, choices);
      const json = JSON.parse(JSON.stringify(toJson(type, value as never, registry))) as Json;
      const back = type.encode(fromJson(type, json, registry) as never);
      if (back.join() !== type.encode(value as never).join())
        t.fail(`${type.typeName}: ${JSON.stringify(json)}`);
    }
    t.pass(type.typeName);
  }
});

t.test("nesting has an end", async (t) => {
  const Loop: MessageType<{ next: unknown }> = message("test.Loop", () => [field(1, "next", Loop)]);
  let json: Json = {};
  for (let i = 0; i < 5000; i++) json = { next: json };
  t.throws(() => fromJson(Loop, json), { code: "too_deep" });
});

t.test("times, durations and decimals have one text each", async (t) => {
  const times: [string, bigint, number][] = [
    ["0001-01-01T00:00:00Z", -62_135_596_800n, 0],
    ["1969-12-31T23:59:59.000000001Z", -1n, 1],
    ["1970-01-01T00:00:00Z", 0n, 0],
    ["2000-02-29T12:30:45.123456Z", 951_827_445n, 123_456_000],
    ["9999-12-31T23:59:59.999999999Z", 253_402_300_799n, 999_999_999],
  ];
  for (const [text, seconds, nanos] of times) {
    t.equal(formatTimestamp({ seconds, nanos }), text);
    t.strictSame(parseTimestamp(text), { seconds, nanos });
    t.equal(BigInt(Math.floor(Date.parse(text) / 1000)), seconds, "as JavaScript's calendar has it");
  }
  const random = new Random(seedOf("JSON_SEED"));
  for (let round = 0; round < 500; round++) {
    const seconds = BigInt(random.int(0xffff_ffff)) * 73n - 62_135_596_800n;
    t.equal(
      formatTimestamp({ seconds, nanos: 0 }),
      new Date(Number(seconds) * 1000).toISOString().replace(".000", ""),
    );
  }
  for (const text of [
    "",
    "2025-13-01T00:00:00Z",
    "2025-01-01",
    "2025-01-01T24:00:00Z",
    "2025-01-01T00:00:00",
    "1900-02-29T00:00:00Z",
  ]) {
    t.equal(parseTimestamp(text), undefined, text);
  }
  t.equal(formatTimestamp({ seconds: 253_402_300_800n, nanos: 0 }), undefined);
  for (const text of ["0s", "1s", "0.001s", "-0.000000001s", "315576000000s"])
    t.equal(formatDuration(parseDuration(text)!), text);
  for (const text of ["", "1", "s", ".5s", "1.0000000001s", "315576000001s"])
    t.equal(parseDuration(text), undefined, text);
  const decimals: [string, string][] = [
    ["0", "0.000000000000000000"],
    ["1", "0.000000000000000001"],
    ["-1500000000000000000", "-1.500000000000000000"],
    ["123456789012345678901234567890", "123456789012.345678901234567890"],
  ];
  for (const [wire, text] of decimals) {
    t.equal(formatDecimal(wire), text);
    t.equal(parseDecimal(text), wire);
  }
  for (const text of ["", ".", "1.", "1e5", "--1", "0x1"]) t.equal(parseDecimal(text), undefined, text);
  t.equal(formatDecimal("1.5"), undefined);
});
