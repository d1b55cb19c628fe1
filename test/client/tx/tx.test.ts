import {
  createMultisigThresholdPubkey,
  makeSignDoc as makeAminoSignDoc,
  Secp256k1HdWallet,
  serializeSignDoc,
} from "@cosmjs/amino";
import { sha256 } from "@cosmjs/crypto";
import { fromBase64, toBase64 } from "@cosmjs/encoding";
import {
  DirectSecp256k1HdWallet,
  encodePubkey,
  makeAuthInfoBytes,
  makeSignBytes,
  makeSignDoc,
} from "@cosmjs/proto-signing";
import { AminoTypes, createDefaultAminoConverters, makeMultisignedTxBytes } from "@cosmjs/stargate";
import t from "tap";
import {
  addressOf,
  keyFromMnemonic,
  multisigPublicKey,
  PrivateKey,
  singlePublicKey,
} from "../../../client/keys/index.ts";
import {
  assembleMultisig,
  defaultRegistry,
  keySigner,
  multisigSignRequest,
  pack,
  signTx,
  type TxContent,
  TxError,
  txHash,
} from "../../../client/tx/index.ts";
import { MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { TxBody, TxRaw } from "../../../proto/gen/cosmos.tx.v1beta1.ts";

const MNEMONIC =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const registry = defaultRegistry();
const key = keyFromMnemonic(MNEMONIC);
const from = addressOf(singlePublicKey(key.publicKey), "opg");
const account = { chainId: "opg-test-1", accountNumber: 7n, sequence: 3n };
const coins = [{ denom: "uopg", amount: "12" }];

function content(overrides: Partial<TxContent> = {}): TxContent {
  const message = pack(MsgSend, { fromAddress: from, toAddress: from, amount: coins });
  return {
    messages: [message],
    fee: { amount: [{ denom: "uopg", amount: "500" }], gasLimit: 200_000n },
    memo: "a <b> & c",
    ...overrides,
  };
}

function aminoMessages() {
  const types = new AminoTypes(createDefaultAminoConverters());
  return [
    types.toAmino({
      typeUrl: "/cosmos.bank.v1beta1.MsgSend",
      value: { fromAddress: from, toAddress: from, amount: coins },
    }),
  ];
}

t.test("a transaction signed in mode direct is the one CosmJS makes", async (t) => {
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "opg" });
  const signed = TxRaw.decode(
    await signTx(content(), [{ ...account, signer: keySigner(key, "opg") }], registry),
  );
  const pubkey = encodePubkey({ type: "tendermint/PubKeySecp256k1", value: toBase64(key.publicKey) });
  const authInfoBytes = makeAuthInfoBytes(
    [{ pubkey, sequence: 3n }],
    [{ denom: "uopg", amount: "500" }],
    200_000,
    undefined,
    undefined,
  );
  t.same([...signed.authInfoBytes], [...authInfoBytes]);
  const doc = makeSignDoc(signed.bodyBytes, authInfoBytes, account.chainId, 7n);
  const { signature } = await wallet.signDirect(from, doc);
  t.same([...signed.signatures[0]!], [...fromBase64(signature.signature)]);
  t.same([...makeSignBytes(doc)].length > 0, true);
});

t.test("a transaction signed in mode amino has the signature of CosmJS's amino wallet", async (t) => {
  const wallet = await Secp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "opg" });
  for (const timeoutHeight of [0n, 99n]) {
    const party = { ...account, signer: keySigner(key, "opg"), mode: "amino" as const };
    const signed = TxRaw.decode(await signTx(content({ timeoutHeight }), [party], registry));
    const fee = { amount: [{ denom: "uopg", amount: "500" }], gas: "200000" };
    const doc = makeAminoSignDoc(
      aminoMessages(),
      fee,
      account.chainId,
      "a <b> & c",
      7,
      3,
      timeoutHeight || undefined,
    );
    const { signature } = await wallet.signAmino(from, doc);
    t.same([...signed.signatures[0]!], [...fromBase64(signature.signature)]);
  }
});

t.test("a multisig assembled here is the one CosmJS assembles", async (t) => {
  const members = [1, 2, 3].map((n) => new PrivateKey(sha256(new TextEncoder().encode(`member ${n}`))));
  const keys = members.map((member) => member.publicKey);
  const ours = multisigPublicKey(2, keys);
  const theirs = createMultisigThresholdPubkey(
    keys.map((k) => ({ type: "tendermint/PubKeySecp256k1", value: toBase64(k) })),
    2,
  );
  const request = multisigSignRequest(content(), ours, account, registry);
  const fee = { amount: [{ denom: "uopg", amount: "500" }], gas: "200000" };
  t.same(
    [...request.signBytes],
    [...serializeSignDoc(makeAminoSignDoc(aminoMessages(), fee, account.chainId, "a <b> & c", 7, 3))],
  );
  const signatures = members.map((member) => ({
    publicKey: member.publicKey,
    signature: member.sign(request.signBytes),
  }));
  const chosen = [signatures[0]!, signatures[2]!];
  const assembled = assembleMultisig(content(), ours, account, chosen, registry);
  const address = (publicKey: Uint8Array) => addressOf(singlePublicKey(publicKey), "opg");
  const wanted = makeMultisignedTxBytes(
    theirs,
    3,
    fee,
    request.bodyBytes,
    new Map(chosen.map(({ publicKey, signature }) => [address(publicKey), signature])),
  );
  t.same([...assembled], [...wanted]);

  const all = TxRaw.decode(assembleMultisig(content(), ours, account, signatures, registry));
  t.ok(all.signatures[0]!.length < 3 * 66, "no more signatures than the threshold are used");
  const wrong = { publicKey: keys[1]!, signature: members[0]!.sign(request.signBytes) };
  const stranger = new PrivateKey(sha256(Uint8Array.of(1)));
  const cases: [string, Parameters<typeof assembleMultisig>[3], string][] = [
    ["one signature of two", [signatures[0]!], "too_few_signatures"],
    ["the same signature twice", [signatures[0]!, signatures[0]!], "too_few_signatures"],
    ["a wrong signature", [signatures[0]!, wrong], "bad_signature"],
    [
      "a stranger's",
      [{ publicKey: stranger.publicKey, signature: stranger.sign(request.signBytes) }],
      "not_a_member",
    ],
  ];
  for (const [name, given, code] of cases) {
    t.throws(() => assembleMultisig(content(), ours, account, given, registry), { code }, name);
  }
});

t.test("two signers sign the same body and auth info, each with its own account", async (t) => {
  const other = new PrivateKey(sha256(Uint8Array.of(2)));
  const parties = [
    { ...account, signer: keySigner(key, "opg") },
    { ...account, accountNumber: 8n, sequence: 0n, signer: keySigner(other, "opg") },
  ];
  const raw = TxRaw.decode(await signTx(content(), parties, registry));
  t.equal(raw.signatures.length, 2);
  t.equal(TxBody.decode(raw.bodyBytes, { strict: true }).memo, "a <b> & c");
  t.match(txHash(TxRaw.encode(raw)), /^[0-9A-F]{64}$/);
});

t.test("signers that sign something else, or not in that mode, are found out", async (t) => {
  const liar = { ...keySigner(key, "opg"), sign: async () => new Uint8Array(64).fill(1) };
  await t.rejects(signTx(content(), [{ ...account, signer: liar }], registry), { code: "bad_signature" });
  const ledger = keySigner(key, "opg", ["amino"]);
  await t.rejects(signTx(content(), [{ ...account, signer: ledger, mode: "direct" }], registry), {
    code: "unsupported_mode",
  });
  await t.rejects(signTx(content(), [], registry), { code: "no_signer" });
  await t.rejects(signTx(content({ messages: [] }), [{ ...account, signer: ledger }], registry), TxError);
});
