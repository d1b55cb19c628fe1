/** opgd tx sign, sign-batch, multi-sign, multisign-batch: signatures on transactions in files, in the SDK's JSON. */
import type { Command } from "commander";
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import { addCoins, type Coins, coinsToProto } from "../../chain/runtime/coins.ts";
import {
  assembleMultisig,
  contentOf,
  decodeTxBytes,
  defaultRegistry,
  type MemberSignature,
  publicKeyFromAny,
  requiredSigners,
  type SigningAccount,
  signDocument,
  unsignedTx,
} from "../../client/index.ts";
import { SignatureDescriptors } from "../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import { Tx } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { NodeError } from "../errors.ts";
import type { Keyring } from "../keys/keyring.ts";
import { keyringOf } from "./keyring.ts";
import { documentText, signModeOf, withSigning } from "./transact.ts";
import { accountOf, fromFile, linesOf, type SigningFlags, signaturesText, write } from "./tx-files.ts";

interface SignFlags extends SigningFlags {
  readonly from: string;
  readonly multisig?: string;
  readonly overwrite?: true;
  readonly signatureOnly?: true;
  readonly append?: true;
  readonly note?: string;
  readonly outputDocument?: string;
}

/** How one transaction after the other is signed: by whom, of which account, and what is printed. */
interface Signing {
  readonly account: SigningAccount;
  /** The signed transaction, or the signatures alone. */
  sign(tx: Tx, account: SigningAccount): Promise<string>;
}

async function signingOf(flags: SignFlags): Promise<Signing> {
  const keyring = keyringOf(flags);
  if (flags.multisig) return memberSigning(flags, keyring, flags.multisig);
  const signer = await keyring.signer(flags.from);
  const options = { mode: signModeOf(flags.signMode) ?? "direct", overwrite: flags.overwrite ?? false };
  return {
    account: await accountOf(flags, signer.address),
    sign: async (tx, account) =>
      shown(await signDocument(tx, signer, account, defaultRegistry(), options), flags),
  };
}

/** A member's signatures, for tx multi-sign. */
async function memberSigning(flags: SignFlags, keyring: Keyring, multisig: string): Promise<Signing> {
  if (signModeOf(flags.signMode) === "direct")
    throw new NodeError("usage", "--sign-mode: members of a multisig sign in mode amino-json");
  const info = keyring.show(multisig);
  const key = keyring.publicKey(info.name);
  const signer = await keyring.signer(flags.from);
  const memberKey = signer.publicKey;
  if (key.type !== "multisig" || memberKey.type !== "secp256k1")
    throw new NodeError("usage", `--multisig: ${multisig} is no multisig of the keyring`);
  if (!key.keys.some((member) => bytesEqual(member.key, memberKey.key)))
    throw new NodeError("usage", `--from: ${flags.from} is no member of the multisig ${multisig}`);
  // Its address is the multisig's: that is who must sign. The key and the signature are the member's.
  const member = { ...signer, address: info.address };
  const options = { mode: "amino", overwrite: true } as const;
  return {
    account: await accountOf(flags, info.address),
    sign: async (tx, account) =>
      signaturesText(await signDocument(tx, member, account, defaultRegistry(), options)),
  };
}

function shown(tx: Tx, { signatureOnly }: Pick<SignFlags, "signatureOnly">): string {
  return signatureOnly ? signaturesText(tx) : documentText(tx);
}

async function sign(file: string, flags: SignFlags): Promise<void> {
  const tx = fromFile(Tx, file);
  const { account, sign: signed } = await signingOf(flags);
  write(await signed(tx, account), flags.outputDocument);
}

/** Each transaction has the sequence after the last one's: they are to be sent in this order. */
async function signBatch(files: readonly string[], flags: SignFlags): Promise<void> {
  const all = files.flatMap((path) => linesOf(Tx, path));
  if (all.length === 0)
    throw new NodeError("usage", "file: there is no transaction in it; write one on each line");
  if (flags.note !== undefined && !flags.append)
    throw new NodeError("usage", "--note: each transaction has its own; give it with --append alone");
  const txs = flags.append ? [merged(all, flags.note)] : all;
  const { account, sign: signed } = await signingOf(flags);
  const lines: string[] = [];
  for (const [at, tx] of txs.entries()) lines.push(await signed(tx, after(account, at)));
  write(lines.join("\n"), flags.outputDocument);
}

function after(account: SigningAccount, count: number): SigningAccount {
  return { ...account, sequence: account.sequence + BigInt(count) };
}

/** One transaction with the messages of all, and the sum of their gas and fees. Source: `--append` of the SDK. */
function merged(txs: readonly Tx[], note = ""): Tx {
  const contents = txs.map(contentOf);
  const amount = contents.reduce<Coins>(
    (sum, { fee }) =>
      addCoins(
        sum,
        fee.amount.map((coin) => ({ denom: coin.denom, amount: BigInt(coin.amount) })),
      ),
    [],
  );
  return unsignedTx({
    messages: contents.flatMap(({ messages }) => messages),
    fee: {
      amount: coinsToProto(amount),
      gasLimit: contents.reduce((sum, { fee }) => sum + fee.gasLimit, 0n),
    },
    memo: note,
    timeoutHeight: 0n,
  });
}

async function multiSign(
  file: string,
  name: string,
  files: readonly string[],
  flags: SignFlags,
): Promise<void> {
  const { account, join } = await joining(name, flags);
  const parts = files.map((path) => membersOf(fromFile(SignatureDescriptors, path), path));
  write(join(fromFile(Tx, file), account, parts.flat()), flags.outputDocument);
}

/** The signatures of the n-th transaction are those of each file's n-th line. */
async function multiSignBatch(
  file: string,
  name: string,
  files: readonly string[],
  flags: SignFlags,
): Promise<void> {
  const txs = linesOf(Tx, file);
  const signatures = files.map((path) => {
    const lines = linesOf(SignatureDescriptors, path);
    if (lines.length === txs.length) return lines.map((line) => membersOf(line, path));
    throw new NodeError(
      "usage",
      `${path}: has ${lines.length} lines of signatures for ${txs.length} transactions; tx sign-batch --multisig writes them`,
    );
  });
  const { account, join } = await joining(name, flags);
  const lines = txs.map((tx, at) =>
    join(
      tx,
      after(account, at),
      signatures.flatMap((each) => each[at]!),
    ),
  );
  write(lines.join("\n"), flags.outputDocument);
}

interface Joining {
  readonly account: SigningAccount;
  /** What is printed of a transaction with its members' signatures. @throws NodeError, TxError */
  join(tx: Tx, account: SigningAccount, members: readonly MemberSignature[]): string;
}

async function joining(name: string, flags: SignFlags): Promise<Joining> {
  const keyring = keyringOf(flags);
  const info = keyring.show(name);
  const key = keyring.publicKey(info.name);
  if (key.type !== "multisig")
    throw new NodeError("usage", `name: key ${name} is no multisig; opgd keys add --multisig makes one`);
  const registry = defaultRegistry();
  const prefix = info.address.slice(0, info.address.lastIndexOf("1"));
  return {
    account: await accountOf(flags, info.address),
    join: (tx, account, members) => {
      const signers = requiredSigners(tx, registry, prefix);
      if (!signers.includes(info.address))
        throw new NodeError(
          "failed",
          `${info.address} need not sign this transaction; ${signers.join(", ")} must`,
        );
      if (signers.length > 1)
        throw new NodeError(
          "failed",
          `${signers.length} accounts sign this transaction; a multisig must be the only one`,
        );
      const bytes = assembleMultisig(contentOf(tx), key, account, members, registry);
      return shown(decodeTxBytes(bytes), flags);
    },
  };
}

/** @throws NodeError naming the file */
function membersOf({ signatures }: SignatureDescriptors, path: string): readonly MemberSignature[] {
  return signatures.map((each) => {
    const publicKey = each.publicKey ? publicKeyFromAny(each.publicKey) : undefined;
    if (publicKey?.type !== "secp256k1" || !each.data?.single)
      throw new NodeError("usage", `${path}: is not the signature of one key; tx sign --multisig writes it`);
    return { publicKey: publicKey.key, signature: each.data.single.signature };
  });
}

/** Adds what signs to `opgd tx`. */
export function addSigning(tx: Command): void {
  const sub = (usage: string, about: string) => tx.command(usage).description(about);
  const document = (command: Command) =>
    command.option("--output-document <file>", "write it there, not to standard output");
  document(
    withSigning(
      sub(
        "sign <file>",
        "sign a transaction of a file, and print it with the signature (- for standard input)",
      ),
    )
      .option(
        "--multisig <key>",
        "sign as a member of this multisig; prints the signature, for tx multi-sign",
      )
      .option("--overwrite", "in place of the signatures that are there; else it is added to them")
      .option("--signature-only", "print the signatures alone"),
  ).action(sign);
  document(
    withSigning(
      sub("sign-batch <files...>", "sign the transactions of files, one a line, with sequences that follow"),
    )
      .option(
        "--multisig <key>",
        "sign as a member of this multisig; prints the signatures, for tx multisign-batch",
      )
      .option("--overwrite", "in place of the signatures that are there; else it is added to them")
      .option("--signature-only", "print the signatures alone")
      .option("--append", "make them one transaction, of all messages and the sum of gas and fees")
      .option("--note <text>", "memo of that one"),
  ).action(signBatch);
  document(
    withSigning(
      sub(
        "multi-sign <file> <name> <signatures...>",
        "put the signatures of a multisig's members together",
      ).alias("multisign"),
      "may",
    ).option("--signature-only", "print the signature alone"),
  ).action(multiSign);
  document(
    withSigning(
      sub(
        "multisign-batch <file> <name> <signatures...>",
        "put the signatures of a multisig's members together, for the transactions of a file, one a line",
      ).alias("multi-sign-batch"),
      "may",
    ).option("--signature-only", "print the signatures alone"),
  ).action(multiSignBatch);
}
