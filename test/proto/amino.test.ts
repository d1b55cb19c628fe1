import { serializeSignDoc } from "@cosmjs/amino";
import { AminoTypes, createDefaultAminoConverters } from "@cosmjs/stargate";
import t from "tap";
import { AminoError, aminoSignBytes, anyToAminoJson, sortedText, toAminoJson } from "../../proto/amino.ts";
import { enumeration, field, type MessageType, message } from "../../proto/codec.ts";
import { ModuleAccount } from "../../proto/gen/cosmos.auth.v1beta1.ts";
import { MsgMultiSend, MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import { Any, Duration, Timestamp } from "../../proto/gen/google.protobuf.ts";
import { MsgInfer } from "../../proto/gen/opg.inference.v1.ts";
import { MsgCreateModel } from "../../proto/gen/opg.models.v1.ts";
import { TypeRegistry } from "../../proto/registry.ts";

const registry = new TypeRegistry([MsgSend, MsgMultiSend, PubKey, LegacyAminoPubKey]);
const Kind = enumeration("test.Kind", { KIND_NONE: 0, KIND_ONE: 1 });
const Inner: MessageType<{ n: bigint }> = message("test.Inner", () => [field(1, "n", "uint64")]);
const keep = { amino: { keepEmpty: true } } as const;

/** Every rule of x/tx's aminojson, a field each. */
const Sample: MessageType<Record<string, unknown>> = message(
  "test.Sample",
  () => [
    field(1, "zeta", "string"),
    field(2, "alpha", "uint64"),
    field(3, "kept_text", "string", keep),
    field(4, "kept_number", "int64", keep),
    field(5, "kept_list", Inner, { repeated: true, ...keep }),
    field(6, "coins", Inner, { repeated: true, amino: { encoding: "legacy_coins", keepEmpty: true } }),
    field(7, "small", "int32"),
    field(8, "kind", Kind),
    field(9, "raw", "bytes"),
    field(10, "rate", "string", { dec: true, ...keep }),
    field(11, "span", Duration),
    field(12, "when", Timestamp),
    field(13, "any", Any),
    field(14, "renamed", "string", { amino: { name: "another_name" } }),
    field(15, "inner", Inner),
    field(16, "required_inner", Inner, { required: true }),
    field(17, "flag", "bool"),
  ],
  { amino: "test/Sample" },
);

t.test("empty fields are left out unless they are kept, and nil lists are null but for coins", async (t) => {
  t.strictSame(toAminoJson(Sample, Sample.create()), {
    type: "test/Sample",
    value: { coins: [], kept_list: null, kept_number: "0", kept_text: "", rate: "0", required_inner: {} },
  });
});

t.test("values have the form that the SDK signs", async (t) => {
  const value = Sample.create({
    zeta: "z",
    alpha: 5n,
    small: -5,
    kind: 1,
    raw: Uint8Array.of(1, 2),
    rate: "50000000000000000",
    span: { seconds: 2n, nanos: 5 },
    when: { seconds: 0n, nanos: 120_000_000 },
    any: { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: Uint8Array.of(3) }) },
    renamed: "r",
    inner: { n: 1n },
    keptList: [{ n: 0n }, { n: 2n }],
    flag: true,
  });
  const { value: json } = toAminoJson(Sample, value, registry) as { value: object };
  t.strictSame(json, {
    alpha: "5",
    another_name: "r",
    any: { type: "tendermint/PubKeySecp256k1", value: "Aw==" },
    coins: [],
    flag: true,
    inner: { n: "1" },
    kept_list: [{}, { n: "2" }],
    kept_number: "0",
    kept_text: "",
    kind: 1,
    rate: "0.050000000000000000",
    raw: "AQI=",
    required_inner: {},
    small: -5,
    span: "2000000005",
    when: "1970-01-01T00:00:00.12Z",
    zeta: "z",
  });
  t.strictSame(Object.keys(json), Object.keys(json).sort(), "keys are in byte order");
});

t.test("what has no Amino form is refused with its path", async (t) => {
  const Floats: MessageType<{ x: number }> = message("test.Floats", () => [field(1, "x", "double")]);
  const Oneof: MessageType<{ a: string | undefined }> = message("test.Oneof", () => [
    field(1, "a", "string", { optional: true, oneof: "sum" }),
  ]);
  const Kept: MessageType<{ inner: unknown }> = message("test.Kept", () => [field(1, "inner", Inner, keep)]);
  const cases: [() => unknown, string, string][] = [
    [() => toAminoJson(Floats, { x: 1.5 }), "unsupported", "$.x"],
    [() => toAminoJson(Oneof, { a: "x" }), "unsupported", "$.a"],
    [() => toAminoJson(Kept, { inner: undefined }), "missing_field", "$.inner"],
    [
      () => anyToAminoJson({ typeUrl: "/unknown.Type", value: new Uint8Array(0) }, registry),
      "unknown_type",
      "$",
    ],
    [() => toAminoJson(Sample, Sample.create({ rate: "0.5" })), "invalid_value", "$.rate"],
  ];
  for (const [run, code, path] of cases) t.throws(run, { code, path });
  t.throws(() => toAminoJson(Floats, { x: 1 }), AminoError);
});

t.test("a oneof is its member's type and value, under the oneof's name", async (t) => {
  const Named: MessageType<{ a: string | undefined; b: bigint | undefined }> = message("test.Named", () => [
    field(1, "a", "string", { optional: true, oneof: "some_sum", amino: { oneofName: "test/A" } }),
    field(2, "b", "uint64", { optional: true, oneof: "some_sum", amino: { oneofName: "test/B" } }),
  ]);
  t.strictSame(toAminoJson(Named, { a: undefined, b: 7n }), {
    SomeSum: { type: "test/B", value: { b: "7" } },
  });
  t.strictSame(toAminoJson(Named, { a: undefined, b: undefined }), { SomeSum: null });
});

t.test("text is sorted and escaped as Go's encoding/json does", async (t) => {
  t.equal(
    sortedText({ b: ["<a>", "&", "\u2028"], a: { z: 1, y: null } }),
    '{"a":{"y":null,"z":1},"b":["\\u003ca\\u003e","\\u0026","\\u2028"]}',
  );
  t.equal(sortedText({ é: 1, z: 2, Z: 3 }), '{"Z":3,"z":2,"é":1}');
});

t.test("bank messages are what CosmJS's converters make of them", async (t) => {
  const types = new AminoTypes(createDefaultAminoConverters());
  const coins = [{ denom: "uopg", amount: "12" }];
  const send = MsgSend.create({ fromAddress: "opg1a", toAddress: "opg1b", amount: coins });
  const multi = MsgMultiSend.create({
    inputs: [{ address: "opg1a", coins }],
    outputs: [{ address: "opg1b", coins }],
  });
  t.strictSame(toAminoJson(MsgSend, send), types.toAmino({ typeUrl: MsgSend.typeUrl, value: send }));
  t.strictSame(
    toAminoJson(MsgMultiSend, multi),
    types.toAmino({ typeUrl: MsgMultiSend.typeUrl, value: multi }),
  );
});

t.test("sign bytes are those of CosmJS", async (t) => {
  const types = new AminoTypes(createDefaultAminoConverters());
  const coins = [{ denom: "uopg", amount: "12" }];
  const send = MsgSend.create({ fromAddress: "opg1a", toAddress: "opg1b", amount: coins });
  for (const memo of ["", "plain", '<b>&\u2028"\\\n\t🔑']) {
    const ours = aminoSignBytes(
      {
        chainId: "opg-1",
        accountNumber: 7n,
        sequence: 0n,
        fee: { amount: coins, gasLimit: 100n, payer: "", granter: "opg1g" },
        messages: [{ typeUrl: MsgSend.typeUrl, value: MsgSend.encode(send) }],
        memo,
        timeoutHeight: 9n,
        unordered: false,
        timeoutTimestamp: undefined,
      },
      registry,
    );
    const doc = {
      chain_id: "opg-1",
      account_number: "7",
      sequence: "0",
      fee: { amount: coins, gas: "100", granter: "opg1g" },
      msgs: [types.toAmino({ typeUrl: MsgSend.typeUrl, value: send })],
      memo,
      timeout_height: "9",
    };
    // CosmJS leaves U+2028 as it is; Go escapes it.
    const theirs = new TextDecoder().decode(serializeSignDoc(doc)).replaceAll("\u2028", "\\u2028");
    t.equal(new TextDecoder().decode(ours), theirs);
  }
});

t.test("our own messages have names and keep what they must", async (t) => {
  t.strictSame(
    toAminoJson(
      MsgInfer,
      MsgInfer.create({ requester: "opg1a", modelId: 3n, maxFee: { denom: "uopg", amount: "5" }, mode: 1 }),
    ),
    {
      type: "opg/MsgInfer",
      value: { max_fee: { amount: "5", denom: "uopg" }, mode: 1, model_id: "3", requester: "opg1a" },
    },
  );
  const json = toAminoJson(
    MsgCreateModel,
    MsgCreateModel.create({ owner: "opg1a", price: { denom: "uopg", amount: "0" } }),
  );
  t.strictSame(json, {
    type: "opg/MsgCreateModel",
    value: { metadata: {}, owner: "opg1a", price: { amount: "0", denom: "uopg" } },
  });
});

t.test("keys, multisigs and module accounts have the SDK's own forms", async (t) => {
  const key = { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: Uint8Array.of(2, 1) }) };
  t.strictSame(anyToAminoJson(key, registry), { type: "tendermint/PubKeySecp256k1", value: "AgE=" });
  t.strictSame(toAminoJson(LegacyAminoPubKey, { threshold: 2, publicKeys: [key] }, registry), {
    type: "tendermint/PubKeyMultisigThreshold",
    value: { pubkeys: [{ type: "tendermint/PubKeySecp256k1", value: "AgE=" }], threshold: "2" },
  });
  const account = ModuleAccount.create({
    baseAccount: { address: "opg1m", pubKey: undefined, accountNumber: 4n, sequence: 0n },
    name: "fees",
    permissions: ["burner"],
  });
  t.strictSame(toAminoJson(ModuleAccount, account), {
    type: "cosmos-sdk/ModuleAccount",
    value: {
      account_number: 4,
      address: "opg1m",
      name: "fees",
      permissions: ["burner"],
      public_key: "",
      sequence: 0,
    },
  });
});
