/** Transactions that CosmJS makes, which nobody here wrote, pass through the chain: DIRECT, AMINO and a multisig of 2 of 3. */
import {
  createMultisigThresholdPubkey,
  encodeSecp256k1Pubkey,
  pubkeyToAddress,
  Secp256k1Wallet,
} from "@cosmjs/amino";
import { DirectSecp256k1Wallet, type OfflineSigner } from "@cosmjs/proto-signing";
import {
  makeMultisignedTxBytes,
  type SignerData,
  SigningStargateClient,
  type StdFee,
} from "@cosmjs/stargate";
import { sha256 } from "@noble/hashes/sha2.js";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { Query as AuthQuery } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Query as BankQuery, MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { CHAIN_ID, DENOM, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
const chain = await TestChain.start({ engine });
t.teardown(() => chain.close());
await chain.block();

const FEE: StdFee = { amount: [{ denom: DENOM, amount: "5000" }], gas: "200000" };

/** The secret behind testSigner(name). */
function secretOf(name: string): Uint8Array {
  return sha256(new TextEncoder().encode(`opg-test:${name}`));
}

async function place(address: string): Promise<SignerData> {
  const { info } = await chain.query(AuthQuery.methods.AccountInfo, { address });
  return {
    accountNumber: info!.accountNumber,
    sequence: Number(info!.sequence),
    chainId: CHAIN_ID,
  };
}

async function balance(address: string): Promise<bigint> {
  return BigInt((await chain.query(BankQuery.methods.Balance, { address, denom: DENOM })).balance!.amount);
}

function sendTo(toAddress: string, fromAddress: string, amount: string) {
  return {
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress, toAddress, amount: [{ denom: DENOM, amount }] },
  };
}

const wallets: readonly (readonly [name: string, make: (secret: Uint8Array) => Promise<OfflineSigner>])[] = [
  ["SIGN_MODE_DIRECT", (secret) => DirectSecp256k1Wallet.fromKey(secret, "opg")],
  ["SIGN_MODE_LEGACY_AMINO_JSON", (secret) => Secp256k1Wallet.fromKey(secret, "opg")],
];

for (const [mode, make] of wallets) {
  t.test(`a send that CosmJS signed with ${mode} passes, and not twice`, async (t) => {
    const wallet = await make(secretOf("alice"));
    const [account] = await wallet.getAccounts();
    t.equal(account!.address, testSigner("alice").address);
    const client = await SigningStargateClient.offline(wallet);
    const bob = testSigner("bob").address;
    const before = await balance(bob);
    const messages = [sendTo(bob, account!.address, "3"), sendTo(bob, account!.address, "4")];
    // What Go's JSON escapes. U+2028 is left out: the SDK covers it escaped (json.Marshal in signing/aminojson/json_marshal.go of
    // x/tx v0.14, tried), CosmJS does not escape it (amino/src/signdoc.ts), so neither chain takes its signature.
    const memo = '<a & b> ü 🜁 "\\';
    const tx = await client.sign(
      account!.address,
      messages,
      FEE,
      memo,
      await place(account!.address),
      1_000n,
    );
    const bytes = TxRaw.encode(tx).finish();
    t.equal(chain.checkTx(bytes).code, 0);
    const [first, again] = (await chain.block([bytes, bytes])).txResults;
    t.equal(first!.code, 0, first!.log);
    t.equal(again!.code, 32);
    t.equal(await balance(bob), before + 7n);
  });
}

t.test("a multisig of 2 of 3 that CosmJS put together passes; 1 of 3 does not", async (t) => {
  const members = await Promise.all(
    ["m1", "m2", "m3"].map((name) => Secp256k1Wallet.fromKey(secretOf(name), "opg")),
  );
  const accounts = await Promise.all(members.map(async (wallet) => (await wallet.getAccounts())[0]!));
  const key = createMultisigThresholdPubkey(
    accounts.map(({ pubkey }) => encodeSecp256k1Pubkey(pubkey)),
    2,
  );
  const address = pubkeyToAddress(key, "opg");
  const funded = await chain.run("alice", MsgSend, {
    fromAddress: testSigner("alice").address,
    toAddress: address,
    amount: [{ denom: DENOM, amount: "1000000" }],
  });
  t.equal(funded.code, 0, funded.log);
  const bob = testSigner("bob").address;
  const before = await balance(bob);
  for (const [round, signing] of [[0, 2], [1], [0, 1], [0, 1, 2]].entries()) {
    const data = await place(address);
    const signatures = new Map<string, Uint8Array>();
    let bodyBytes = new Uint8Array(0);
    for (const index of signing) {
      const client = await SigningStargateClient.offline(members[index]!);
      const from = accounts[index]!.address;
      const signed = await client.sign(from, [sendTo(bob, address, "5")], FEE, "", data);
      signatures.set(from, signed.signatures[0]!);
      bodyBytes = new Uint8Array(signed.bodyBytes);
    }
    const tx = makeMultisignedTxBytes(key, data.sequence, FEE, bodyBytes, signatures);
    const code = signing.length >= 2 ? 0 : 4;
    t.equal(chain.checkTx(tx).code, code);
    const [result] = (await chain.block([tx])).txResults;
    t.equal(result!.code, code, `round ${round}: ${result!.log}`);
  }
  t.equal(await balance(bob), before + 15n);
});
