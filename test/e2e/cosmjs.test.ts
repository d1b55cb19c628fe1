/** CosmJS, which nobody here wrote, against the chain: send, multisig, queries, and errors that it can read. No patch. */
import {
  createMultisigThresholdPubkey,
  encodeSecp256k1Pubkey,
  pubkeyToAddress,
  Secp256k1HdWallet,
} from "@cosmjs/amino";
import { fromBase64 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import {
  calculateFee,
  GasPrice,
  isDeliverTxFailure,
  isDeliverTxSuccess,
  makeMultisignedTxBytes,
  SigningStargateClient,
  StargateClient,
} from "@cosmjs/stargate";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import t from "tap";
import { OpgClient } from "../../client/index.ts";
import { DENOM, testSigner } from "../chain/chain.ts";
import { CHAIN } from "./opgd-net.ts";
import { oneValidator } from "./solo-net.ts";

t.setTimeout(280_000);
const GAS_PRICE = GasPrice.fromString(`0.002${DENOM}`);

for (const { name, skip, start } of await oneValidator())
  t.test(`CosmJS works with the chain as with any Cosmos chain, on ${name}`, { skip }, async (t) => {
    const net = await start();
    t.teardown(() => net.stop());
    await net.waitHeight(2);
    const url = net.rpcUrl(0);
    const funder = await OpgClient.connect(url, { signer: testSigner("alice") });
    const fund = async (address: string) => funder.send(address, [{ denom: DENOM, amount: "10000000" }]);
    const bob = testSigner("bob").address;

    await t.test("sends with DIRECT, gas simulated, and reads what happened", async (t) => {
      const wallet = await DirectSecp256k1HdWallet.generate(12, { prefix: "opg" });
      const [account] = await wallet.getAccounts();
      await fund(account!.address);
      const client = await SigningStargateClient.connectWithSigner(url, wallet, { gasPrice: GAS_PRICE });
      t.equal(await client.getChainId(), CHAIN);
      const before = BigInt((await client.getBalance(bob, DENOM)).amount);
      const result = await client.sendTokens(
        account!.address,
        bob,
        [{ denom: DENOM, amount: "123" }],
        1.5,
        "from CosmJS",
      );
      t.ok(isDeliverTxSuccess(result), JSON.stringify(result.rawLog));
      t.equal(BigInt((await client.getBalance(bob, DENOM)).amount), before + 123n);
      t.ok(result.events.some(({ type }) => type === "transfer"));
      const found = await client.getTx(result.transactionHash);
      t.equal(found?.code, 0);
      t.ok((await client.searchTx(`message.sender='${account!.address}'`)).length >= 1);
      t.equal((await client.getSequence(account!.address)).sequence, 1);
      client.disconnect();
    });

    await t.test("sends with LEGACY_AMINO_JSON", async (t) => {
      const wallet = await Secp256k1HdWallet.generate(12, { prefix: "opg" });
      const [account] = await wallet.getAccounts();
      await fund(account!.address);
      const client = await SigningStargateClient.connectWithSigner(url, wallet, { gasPrice: GAS_PRICE });
      const result = await client.sendTokens(
        account!.address,
        bob,
        [{ denom: DENOM, amount: "7" }],
        calculateFee(200_000, GAS_PRICE),
        "<&> amino",
      );
      t.ok(isDeliverTxSuccess(result), JSON.stringify(result.rawLog));
      client.disconnect();
    });

    await t.test("signs with two of three keys of a multisig", async (t) => {
      const wallets = await Promise.all(
        [0, 1, 2].map(() => Secp256k1HdWallet.generate(12, { prefix: "opg" })),
      );
      const keys = await Promise.all(wallets.map(async (wallet) => (await wallet.getAccounts())[0]!.pubkey));
      const multisig = createMultisigThresholdPubkey(keys.map(encodeSecp256k1Pubkey), 2);
      const address = pubkeyToAddress(multisig, "opg");
      await fund(address);
      const online = await StargateClient.connect(url);
      const { accountNumber, sequence } = (await online.getAccount(address))!;
      const fee = calculateFee(300_000, GAS_PRICE);
      const message = {
        typeUrl: "/cosmos.bank.v1beta1.MsgSend",
        value: { fromAddress: address, toAddress: bob, amount: [{ denom: DENOM, amount: "11" }] },
      };
      const signatures = new Map<string, Uint8Array>();
      let bodyBytes = new Uint8Array();
      for (const wallet of wallets.slice(0, 2)) {
        const [{ address: member }] = (await wallet.getAccounts()) as unknown as [{ address: string }];
        const offline = await SigningStargateClient.offline(wallet);
        const signed = await offline.sign(member, [message], fee, "multi", {
          accountNumber,
          sequence,
          chainId: CHAIN,
        });
        signatures.set(member, signed.signatures[0]!);
        bodyBytes = Uint8Array.from(signed.bodyBytes);
      }
      const bytes = makeMultisignedTxBytes(multisig, sequence, fee, bodyBytes, signatures);
      const result = await online.broadcastTx(bytes);
      t.ok(isDeliverTxSuccess(result), JSON.stringify(result.rawLog));
      online.disconnect();
    });

    await t.test("reads errors by code: funds, fee, sequence, signature", async (t) => {
      const wallet = await DirectSecp256k1HdWallet.generate(12, { prefix: "opg" });
      const [account] = await wallet.getAccounts();
      await fund(account!.address);
      const client = await SigningStargateClient.connectWithSigner(url, wallet, { gasPrice: GAS_PRICE });
      const send = {
        typeUrl: "/cosmos.bank.v1beta1.MsgSend",
        value: { fromAddress: account!.address, toAddress: bob, amount: [{ denom: DENOM, amount: "1" }] },
      };
      const fee = calculateFee(200_000, GAS_PRICE);
      const tooMuch = await client.sendTokens(
        account!.address,
        bob,
        [{ denom: DENOM, amount: "99999999999" }],
        fee,
      );
      t.ok(isDeliverTxFailure(tooMuch));
      t.equal(tooMuch.code, 5, "insufficient funds");
      await t.rejects(
        client.signAndBroadcast(account!.address, [send], {
          amount: [{ denom: DENOM, amount: "1" }],
          gas: "200000",
        }),
        /code 13.*insufficient fee/,
      );
      const { accountNumber, sequence } = await client.getSequence(account!.address);
      const wrong = await client.sign(account!.address, [send], fee, "", {
        accountNumber,
        sequence: sequence + 5,
        chainId: CHAIN,
      });
      await t.rejects(
        client.broadcastTx(TxRaw.encode(wrong).finish()),
        /code 32.*account sequence mismatch, expected \d+, got \d+/,
      );
      const forged = await client.sign(account!.address, [send], fee, "", {
        accountNumber,
        sequence,
        chainId: CHAIN,
      });
      forged.signatures[0] = fromBase64(`${"A".repeat(86)}==`);
      await t.rejects(
        client.broadcastTx(TxRaw.encode(forged).finish()),
        /code 4.*signature verification failed/,
      );
      client.disconnect();
    });
    funder.close();
  });
