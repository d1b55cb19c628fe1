import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { concatBytes } from "../../../chain/runtime/bytes.ts";
import { loadVerify } from "../../../chain/tx/secp256k1.ts";
import { SignatureCache } from "../../../chain/tx/signature-cache.ts";
import { defaultRegistry, pack } from "../../../client/index.ts";
import { AminoError, aminoSignBytes } from "../../../proto/amino.ts";
import { MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { PubKey } from "../../../proto/gen/cosmos.crypto.secp256k1.ts";
import { SignMode } from "../../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import { AuthInfo, SignDoc, TxBody, TxRaw } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { WireType, Writer } from "../../../proto/wire.ts";
import { CHAIN_ID, DENOM, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const { SIGN_MODE_DIRECT: DIRECT, SIGN_MODE_LEGACY_AMINO_JSON: AMINO } = SignMode;
const NOTHING = new Uint8Array(0);

function secretOf(name: string): Uint8Array {
  return sha256(new TextEncoder().encode(`opg-test:${name}`));
}

function keyOf(name: string): Uint8Array {
  return secp256k1.getPublicKey(secretOf(name), true);
}

function keyAny(name: string): Any {
  return { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: keyOf(name) }) };
}

/** Alice's signature of a document. */
function signature(document: Uint8Array): Uint8Array {
  return secp256k1.sign(sha256(document), secretOf("alice"), { prehash: false, lowS: true });
}

function send(to: string, amount: string): Any {
  const [fromAddress, toAddress] = [testSigner("alice").address, testSigner(to).address];
  return pack(MsgSend, { fromAddress, toAddress, amount: [{ denom: DENOM, amount }] });
}

interface Parts {
  readonly mode: number;
  readonly body?: Partial<TxBody>;
  /** Put behind the body, uncovered by Amino JSON. */
  readonly tail?: Uint8Array;
  readonly key?: Any;
  readonly fee?: string;
}

/** A send by alice, signed as a wallet signs it. */
async function transaction(chain: TestChain, parts: Parts): Promise<Uint8Array> {
  const { accountNumber, sequence } = await chain.account("alice");
  const body = TxBody.create({ messages: [send("bob", "7")], ...parts.body });
  const bodyBytes = concatBytes(TxBody.encode(body), parts.tail ?? NOTHING);
  const fee = {
    amount: [{ denom: DENOM, amount: parts.fee ?? "5000" }],
    gasLimit: 300_000n,
    payer: "",
    granter: "",
  };
  const modeInfo = { single: { mode: parts.mode }, multi: undefined };
  const signerInfos = [{ publicKey: parts.key ?? keyAny("alice"), modeInfo, sequence }];
  const authInfoBytes = AuthInfo.encode(AuthInfo.create({ signerInfos, fee }));
  const document =
    parts.mode === DIRECT
      ? SignDoc.encode({ bodyBytes, authInfoBytes, chainId: CHAIN_ID, accountNumber })
      : aminoDocument({ chainId: CHAIN_ID, accountNumber, sequence, fee, ...body });
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [signature(document)] });
}

/** What Amino JSON cannot say is signed as nothing: the chain must refuse it before it looks. */
function aminoDocument(document: Parameters<typeof aminoSignBytes>[0]): Uint8Array {
  try {
    return aminoSignBytes(document, defaultRegistry());
  } catch (error) {
    if (error instanceof AminoError) return NOTHING;
    throw error;
  }
}

/** Field 1024, which has bit 11 set: unknown and non-critical. */
const NON_CRITICAL = new Writer()
  .tag(1024, WireType.bytes)
  .bytes(Uint8Array.of(1, 2, 3))
  .finish();
const AFTER_9999 = { seconds: 300_000_000_000n, nanos: 0 };

const cases: readonly (Parts & { readonly name: string; readonly code: number })[] = [
  { name: "a plain send signed directly passes", mode: DIRECT, code: 0 },
  { name: "a plain send signed as Amino JSON passes", mode: AMINO, code: 0 },
  {
    name: "a direct signature covers unknown non-critical fields",
    mode: DIRECT,
    tail: NON_CRITICAL,
    code: 0,
  },
  { name: "Amino JSON does not, so they are refused", mode: AMINO, tail: NON_CRITICAL, code: 4 },
  {
    name: "a time that Amino JSON cannot say is refused, not thrown",
    mode: AMINO,
    body: { timeoutTimestamp: AFTER_9999 },
    code: 4,
  },
  {
    name: "a key of no known type is refused though the account's is known",
    mode: AMINO,
    key: { typeUrl: "/none", value: new Uint8Array(500) },
    code: 8,
  },
  { name: "another account's key is refused", mode: DIRECT, key: keyAny("bob"), code: 8 },
  { name: "a fee of 0uopg is no fee", mode: DIRECT, fee: "0", code: 0 },
  {
    name: "a timeout at second 0 is none",
    mode: DIRECT,
    body: { timeoutTimestamp: { seconds: 0n, nanos: 0 } },
    code: 0,
  },
];

for (const { name, code, ...parts } of cases) {
  t.test(name, async (t) => {
    const chain = await TestChain.start({ engine });
    t.teardown(() => chain.close());
    await chain.block();
    // The account's key is known from here on.
    t.equal((await chain.block([await transaction(chain, { mode: DIRECT })])).txResults[0]!.code, 0);
    const tx = await transaction(chain, parts);
    const checked = chain.checkTx(tx);
    t.match(
      { code: checked.code, codespace: checked.codespace },
      { code, codespace: code === 0 ? "" : "sdk" },
    );
    t.equal((await chain.block([tx])).txResults[0]!.code, code);
    t.equal((await chain.account("alice")).sequence, code === 0 ? 2n : 1n);
  });
}

t.test("bytes that move from a document into its signature are another check", async (t) => {
  const verify = await loadVerify();
  const message = concatBytes(new Uint8Array(256), new TextEncoder().encode("another document"));
  const [publicKey, signed] = [keyOf("alice"), signature(message)];
  const cache = new SignatureCache({}, { verify });
  t.ok(cache.verify({ publicKey, digest: sha256(message), signature: signed }));
  for (const moved of [1, 16, 255, 256]) {
    const signature = concatBytes(signed, message.subarray(0, moved));
    t.notOk(cache.verify({ publicKey, digest: sha256(message.slice(moved)), signature }), `${moved} bytes`);
  }
});

t.test(
  "what a node saw before decides nothing: a forged tail of a signed document fails everywhere",
  async (t) => {
    const [seen, fresh] = [await TestChain.start({ engine }), await TestChain.start({ engine })];
    t.teardown(() => Promise.all([seen.close(), fresh.close()]));
    await seen.block();
    await fresh.block();
    const { accountNumber, sequence } = await seen.account("alice");
    const modeInfo = { single: { mode: DIRECT }, multi: undefined };
    const authInfoBytes = AuthInfo.encode(
      AuthInfo.create({
        signerInfos: [{ publicKey: keyAny("alice"), modeInfo, sequence }],
        fee: { amount: [{ denom: DENOM, amount: "5000" }], gasLimit: 300_000n, payer: "", granter: "" },
      }),
    );
    const documentOf = (bodyBytes: Uint8Array) =>
      SignDoc.encode({ bodyBytes, authInfoBytes, chainId: CHAIN_ID, accountNumber });
    const stolen = TxBody.encode(TxBody.create({ messages: [send("carol", "900000")] }));
    const tail = documentOf(stolen);
    const inner = new Writer().tag(1, WireType.bytes).bytes(stolen).finish();
    // Alice signs one coin to bob; the end of what she signs is, byte for byte, the document of the theft.
    const bodyWith = (pad: number) =>
      TxBody.encode(
        TxBody.create({
          messages: [send("bob", "1")],
          nonCriticalExtensionOptions: [{ typeUrl: "/x", value: concatBytes(new Uint8Array(pad), inner) }],
        }),
      );
    let pad = 0;
    while (documentOf(bodyWith(pad)).length - tail.length !== 256) pad++;
    const document = documentOf(bodyWith(pad));
    t.same(document.slice(256), tail);
    const signed = signature(document);
    const honest = TxRaw.encode({ bodyBytes: bodyWith(pad), authInfoBytes, signatures: [signed] });
    const forged = TxRaw.encode({
      bodyBytes: stolen,
      authInfoBytes,
      signatures: [concatBytes(signed, document.subarray(0, 256))],
    });
    t.equal(seen.checkTx(honest).code, 0);
    const [a, b] = [await seen.block([forged]), await fresh.block([forged])];
    t.equal(a.txResults[0]!.code, 4);
    t.equal(b.txResults[0]!.code, 4);
    t.same(a.appHash, b.appHash);
  },
);
