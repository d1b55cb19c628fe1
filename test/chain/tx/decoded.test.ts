import t from "tap";
import { createModules } from "../../../chain/modules/index.ts";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { ChainError } from "../../../chain/runtime/errors.ts";
import { Router } from "../../../chain/runtime/router.ts";
import { DEFAULT_TX_LIMITS, decodeTx } from "../../../chain/tx/decode.ts";
import { DecodedTxs } from "../../../chain/tx/decoded.ts";
import { pack } from "../../../client/index.ts";
import { MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { AuthInfo, TxBody, TxRaw } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { testSigner } from "../chain.ts";

const router = new Router(createModules().all);
const opg = new AddressCodec("opg");

function txOf(memo: string): Uint8Array {
  const [from, to] = [testSigner("alice").address, testSigner("bob").address];
  const send = pack(MsgSend, { fromAddress: from, toAddress: to, amount: [{ denom: "uopg", amount: "1" }] });
  return TxRaw.encode({
    bodyBytes: TxBody.encode(TxBody.create({ messages: [send], memo })),
    authInfoBytes: AuthInfo.encode(
      AuthInfo.create({ fee: { amount: [], gasLimit: 1n, payer: "", granter: "" } }),
    ),
    signatures: [],
  });
}

t.test("the same bytes are decoded once, and as decodeTx decodes them", async (t) => {
  const txs = new DecodedTxs({ limits: DEFAULT_TX_LIMITS }, { router });
  const first = txs.decode(txOf("a"), opg);
  t.equal(txs.decode(txOf("a"), opg), first);
  t.not(txs.decode(txOf("b"), opg), first);
  t.same(first, decodeTx(txOf("a"), router, opg, DEFAULT_TX_LIMITS));
});

t.test("another prefix is another meaning", async (t) => {
  const txs = new DecodedTxs({ limits: DEFAULT_TX_LIMITS }, { router });
  txs.decode(txOf("a"), opg);
  t.throws(() => txs.decode(txOf("a"), new AddressCodec("cosmos")), ChainError);
});

t.test("what cannot be decoded fails each time", async (t) => {
  const txs = new DecodedTxs({ limits: { ...DEFAULT_TX_LIMITS, maxBytes: 10 } }, { router });
  for (let times = 0; times < 2; times++) t.throws(() => txs.decode(txOf("a"), opg), { code: 21 });
});

t.test("memory is bounded by bytes: what was used longest ago goes first", async (t) => {
  const txs = new DecodedTxs({ limits: DEFAULT_TX_LIMITS, cacheBytes: 10_000 }, { router });
  const first = txs.decode(txOf("0"), opg);
  for (let i = 1; i < 10; i++) txs.decode(txOf(`${i}`), opg);
  t.not(txs.decode(txOf("0"), opg), first);
  const large = txOf("x".repeat(20_000));
  t.not(txs.decode(large, opg), txs.decode(large, opg), "one larger than the cache is not kept");
});
