import { createMultisigThresholdPubkey, pubkeyToAddress, Secp256k1HdWallet } from "@cosmjs/amino";
import { Secp256k1, Secp256k1Signature, sha256 } from "@cosmjs/crypto";
import { toBase64 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet, encodePubkey } from "@cosmjs/proto-signing";
import t from "tap";
import {
  addressOf,
  generateMnemonic,
  hdPath,
  KeyError,
  keyFromMnemonic,
  multisigPublicKey,
  normalizeMnemonic,
  PrivateKey,
  publicKeyFromAny,
  publicKeyToAny,
  singlePublicKey,
  verifySignature,
} from "../../../client/keys/index.ts";

const MNEMONIC =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const utf8 = (text: string) => new TextEncoder().encode(text);
/** A fixed set of secrets, so that vectors do not change from run to run. */
const secret = (n: number) => sha256(utf8(`secret ${n}`));

t.test("a mnemonic gives the keys and addresses that CosmJS's wallets give", async (t) => {
  for (const words of [MNEMONIC, generateMnemonic(12), generateMnemonic()]) {
    for (const prefix of ["opg", "cosmos"]) {
      const wallet = await DirectSecp256k1HdWallet.fromMnemonic(words, { prefix });
      const [account] = await wallet.getAccounts();
      const key = keyFromMnemonic(words);
      t.same([...key.publicKey], [...account!.pubkey]);
      t.equal(addressOf(singlePublicKey(key.publicKey), prefix), account!.address);
    }
  }
});

t.test("a passphrase and a path lead to other keys, as with CosmJS", async (t) => {
  const { stringToPath } = await import("@cosmjs/crypto");
  const wallet = await Secp256k1HdWallet.fromMnemonic(MNEMONIC, {
    prefix: "opg",
    bip39Password: "naïve 🔑",
    hdPaths: [stringToPath(hdPath(3, 7))],
  });
  const [account] = await wallet.getAccounts();
  const key = keyFromMnemonic(MNEMONIC, { passphrase: "naïve 🔑", path: hdPath(3, 7) });
  t.equal(addressOf(singlePublicKey(key.publicKey), "opg"), account!.address);
});

t.test("words are accepted in any case and spacing", async (t) => {
  t.equal(normalizeMnemonic(`  ${MNEMONIC.toUpperCase().replaceAll(" ", "\n  ")}\t`), MNEMONIC);
});

t.test("what is no mnemonic, path or key is refused by name", async (t) => {
  const cases: [string, () => unknown, string][] = [
    ["eleven words", () => keyFromMnemonic(MNEMONIC.replace(" about", "")), "invalid_mnemonic"],
    ["a bad checksum", () => keyFromMnemonic(MNEMONIC.replace("about", "abandon")), "invalid_mnemonic"],
    ["an unknown word", () => keyFromMnemonic(MNEMONIC.replace("about", "opgopg")), "invalid_mnemonic"],
    ["a path in words", () => keyFromMnemonic(MNEMONIC, { path: "first" }), "invalid_path"],
    ["a negative index", () => hdPath(0, -1), "invalid_path"],
    ["31 bytes", () => new PrivateKey(new Uint8Array(31)), "invalid_private_key"],
    ["the zero scalar", () => new PrivateKey(new Uint8Array(32)), "invalid_private_key"],
    ["a scalar above the order", () => new PrivateKey(new Uint8Array(32).fill(0xff)), "invalid_private_key"],
    ["an uncompressed point", () => singlePublicKey(new Uint8Array(65).fill(4)), "invalid_public_key"],
    [
      "an x of no point",
      () => singlePublicKey(Uint8Array.of(2, ...new Uint8Array(31), 5)),
      "invalid_public_key",
    ],
  ];
  for (const [name, run, code] of cases) {
    try {
      run();
      t.fail(`${name}: accepted`);
    } catch (error) {
      t.ok(error instanceof KeyError && error.code === code, `${name}: ${error}`);
      t.notMatch(String(error), "opgopg", "no word of a mnemonic is in an error");
    }
  }
});

t.test("signatures verify with CosmJS and the other way round", async (t) => {
  for (let n = 0; n < 5; n++) {
    const key = new PrivateKey(secret(n));
    const message = utf8(`message ${n}`);
    const ours = key.sign(message);
    t.equal(ours.length, 64);
    const theirs = Secp256k1.createSignature(sha256(message), secret(n));
    t.same([...ours], [...theirs.toFixedLength().slice(0, 64)], "RFC 6979: the same bytes");
    t.ok(Secp256k1.verifySignature(Secp256k1Signature.fromFixedLength(ours), sha256(message), key.publicKey));
    t.ok(verifySignature(key.publicKey, message, ours));
    t.notOk(verifySignature(key.publicKey, utf8("another"), ours));
  }
});

t.test("a signature with its s in the upper half is refused", async (t) => {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const key = new PrivateKey(secret(1));
  const signature = key.sign(utf8("m"));
  const s = BigInt(`0x${[...signature.slice(32)].map((b) => b.toString(16).padStart(2, "0")).join("")}`);
  const flipped = signature.slice();
  const high = (order - s).toString(16).padStart(64, "0");
  for (let i = 0; i < 32; i++) flipped[32 + i] = Number.parseInt(high.slice(2 * i, 2 * i + 2), 16);
  t.notOk(verifySignature(key.publicKey, utf8("m"), flipped));
  for (const length of [0, 63, 65])
    t.notOk(verifySignature(key.publicKey, utf8("m"), new Uint8Array(length)));
});

t.test("a private key shows no secret in JSON or text", async (t) => {
  const key = new PrivateKey(secret(9));
  const shown = `${JSON.stringify(key)} ${String(key)} ${Object.keys(key)}`;
  t.notMatch(shown, toBase64(secret(9)));
  t.same(Object.keys(key), ["publicKey"]);
});

t.test("multisig keys and addresses equal CosmJS's for every threshold", async (t) => {
  const keys = [1, 2, 3, 4, 5].map((n) => new PrivateKey(secret(n)).publicKey);
  const amino = keys.map((key) => ({ type: "tendermint/PubKeySecp256k1", value: toBase64(key) }));
  for (let threshold = 1; threshold <= keys.length; threshold++) {
    for (const sort of [true, false]) {
      const theirs = createMultisigThresholdPubkey(amino, threshold, !sort);
      const ours = multisigPublicKey(threshold, keys, { sort });
      t.equal(addressOf(ours, "opg"), pubkeyToAddress(theirs, "opg"));
      const any = publicKeyToAny(ours);
      const encoded = encodePubkey(theirs);
      t.equal(any.typeUrl, encoded.typeUrl);
      t.same([...any.value], [...encoded.value]);
      t.same(publicKeyFromAny(any), ours);
    }
  }
});

t.test("multisigs that cannot work are refused", async (t) => {
  const keys = [1, 2].map((n) => new PrivateKey(secret(n)).publicKey);
  for (const [threshold, members] of [
    [0, keys],
    [3, keys],
    [1.5, keys],
    [1, []],
    [2, [keys[0]!, keys[0]!]],
  ] as const) {
    t.throws(() => multisigPublicKey(threshold, members), { code: "invalid_multisig" });
  }
});
