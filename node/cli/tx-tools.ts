/** opgd tx sign|multi-sign|broadcast|encode|decode|simulate|validate-signatures: transactions in files, in the SDK's JSON. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import { ChainError } from "../../chain/runtime/errors.ts";
import { signBytes } from "../../chain/tx/sign-bytes.ts";
import { singleSignatures } from "../../chain/tx/signature-data.ts";
import {
  addressOf,
  assembleMultisig,
  contentOf,
  decodeTxBytes,
  defaultRegistry,
  encodeTx,
  type MemberSignature,
  type OpgClient,
  publicKeyFromAny,
  requiredSigners,
  type SigningAccount,
  signatureDescriptors,
  signDocument,
  singleMode,
  TxFailedError,
  txHash,
  verifySignature,
} from "../../client/index.ts";
import type { MessageType } from "../../proto/codec.ts";
import { SignatureDescriptors } from "../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import {
  AuthInfo,
  SimulateRequest,
  SimulateResponse,
  Tx,
  TxBody,
} from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { fromJson, type Json, JsonError, toJson } from "../../proto/json.ts";
import { WireError } from "../../proto/wire.ts";
import { NodeError } from "../errors.ts";
import type { Keyring } from "../keys/keyring.ts";
import { keyringOf, prefixIn } from "./keyring.ts";
import { type NodeClientOptions, type OutputOptions, withHome, withNode, withOutput } from "./options.ts";
import { print, resultOf } from "./output.ts";
import { counter, documentText, readingClient, signModeOf, type TxFlags, withSigning } from "./transact.ts";
import { fileText } from "./verbs/file-text.ts";
import { bytesOf } from "./verbs/value.ts";

type SigningFlags = Pick<
  TxFlags,
  | "home"
  | "keyringBackend"
  | "node"
  | "output"
  | "chainId"
  | "accountNumber"
  | "sequence"
  | "signMode"
  | "offline"
> & { readonly from?: string };

interface SignFlags extends SigningFlags {
  readonly from: string;
  readonly multisig?: string;
  readonly overwrite?: true;
  readonly signatureOnly?: true;
  readonly outputDocument?: string;
}

/** A message from a file of its JSON. @throws NodeError naming the file and the field */
function fromFile<T>(type: MessageType<T>, path: string): T {
  try {
    return fromJson(type, JSON.parse(fileText(path, "file")) as Json, defaultRegistry());
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonError)
      throw new NodeError("usage", `${path}: ${error.message}`);
    throw error;
  }
}

function write(text: string, document: string | undefined): void {
  if (document) writeFileSync(document, `${text}\n`);
  else process.stdout.write(`${text}\n`);
}

function signaturesText(tx: Tx): string {
  return JSON.stringify(toJson(SignatureDescriptors, signatureDescriptors(tx), defaultRegistry()));
}

/** Which account of which chain signs: as the flags say with --offline, else as the chain says. @throws NodeError */
async function accountOf(flags: SigningFlags, address: string): Promise<SigningAccount> {
  const { offline, chainId, accountNumber, sequence } = flags;
  if (offline) {
    if (!chainId || accountNumber === undefined || sequence === undefined)
      throw new NodeError(
        "usage",
        "--offline: no node says what is signed for; give --chain-id, --account-number and --sequence",
      );
    return {
      chainId,
      accountNumber: counter(accountNumber, "--account-number"),
      sequence: counter(sequence, "--sequence"),
    };
  }
  const client = await readingClient(flags);
  return { ...(await accountAt(client, address)), chainId: client.chainId };
}

async function accountAt(client: OpgClient, address: string) {
  const account = await client.account(address);
  if (!account)
    throw new NodeError(
      "failed",
      `${address} does not exist on ${client.chainId} yet; send it some coins first`,
    );
  return account;
}

async function sign(file: string, flags: SignFlags): Promise<void> {
  const keyring = keyringOf(flags);
  const tx = fromFile(Tx, file);
  const signer = await keyring.signer(flags.from);
  const registry = defaultRegistry();
  if (flags.multisig) {
    const text = await signForMultisig(tx, flags, keyring, flags.multisig);
    write(text, flags.outputDocument);
    return;
  }
  const account = await accountOf(flags, signer.address);
  const mode = signModeOf(flags.signMode) ?? "direct";
  const signed = await signDocument(tx, signer, account, registry, {
    mode,
    overwrite: flags.overwrite ?? false,
  });
  write(flags.signatureOnly ? signaturesText(signed) : documentText(signed), flags.outputDocument);
}

/** A member's signature, for tx multi-sign. */
async function signForMultisig(
  tx: Tx,
  flags: SignFlags,
  keyring: Keyring,
  multisig: string,
): Promise<string> {
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
  const account = await accountOf(flags, info.address);
  // Its address is the multisig's: that is who must sign. The key and the signature are the member's.
  const member = { ...signer, address: info.address };
  return signaturesText(
    await signDocument(tx, member, account, defaultRegistry(), { mode: "amino", overwrite: true }),
  );
}

async function multiSign(
  file: string,
  name: string,
  files: readonly string[],
  flags: SignFlags,
): Promise<void> {
  const keyring = keyringOf(flags);
  const info = keyring.show(name);
  const key = keyring.publicKey(info.name);
  if (key.type !== "multisig")
    throw new NodeError("usage", `name: key ${name} is no multisig; opgd keys add --multisig makes one`);
  const tx = fromFile(Tx, file);
  const registry = defaultRegistry();
  const signers = requiredSigners(tx, registry, info.address.slice(0, info.address.lastIndexOf("1")));
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
  const members = files.flatMap((path) =>
    fromFile(SignatureDescriptors, path).signatures.map((each): MemberSignature => {
      const publicKey = each.publicKey ? publicKeyFromAny(each.publicKey) : undefined;
      if (publicKey?.type !== "secp256k1" || !each.data?.single)
        throw new NodeError(
          "usage",
          `${path}: is not the signature of one key; tx sign --multisig writes it`,
        );
      return { publicKey: publicKey.key, signature: each.data.single.signature };
    }),
  );
  const account = await accountOf(flags, info.address);
  const signed = decodeTxBytes(assembleMultisig(contentOf(tx), key, account, members, registry));
  write(flags.signatureOnly ? signaturesText(signed) : documentText(signed), flags.outputDocument);
}

interface BroadcastFlags extends NodeClientOptions, OutputOptions {
  readonly broadcastMode: "sync" | "async" | "block";
}

async function broadcast(file: string, flags: BroadcastFlags): Promise<void> {
  const bytes = encodeTx(fromFile(Tx, file));
  const client = await readingClient(flags);
  const hash = txHash(bytes);
  if (flags.broadcastMode === "async") {
    await client.rpc.broadcastTxAsync(bytes);
    print(flags, { txhash: hash, code: 0 });
    return;
  }
  const answer = await client.rpc.broadcastTxSync(bytes);
  if (answer.code !== 0) throw new TxFailedError("check", { ...answer, hash });
  if (flags.broadcastMode === "sync") {
    print(flags, { txhash: hash, code: 0 });
    return;
  }
  const found = await client.waitForTx(hash);
  const { code, codespace, log } = found.result;
  if (code !== 0) throw new TxFailedError("execute", { code, codespace, log, hash });
  print(flags, resultOf(found));
}

function decode(text: string, flags: { readonly hex?: true }): void {
  const bytes = flags.hex ? new Uint8Array(Buffer.from(text, "hex")) : bytesOf(text, "bytes");
  if (flags.hex && bytes.length * 2 !== text.length)
    throw new NodeError("usage", "bytes: is not hexadecimal");
  try {
    write(documentText(decodeTxBytes(bytes)), undefined);
  } catch (error) {
    if (error instanceof WireError || error instanceof JsonError)
      throw new NodeError("usage", `bytes: is no transaction of this chain: ${error.message}`);
    throw error;
  }
}

async function simulate(file: string, flags: SigningFlags): Promise<void> {
  const client = await readingClient(flags);
  const tx = fromFile(Tx, file);
  const answer = await client.query.tx.simulate(
    SimulateRequest.create({ txBytes: encodeTx(await shapedAsSigned(tx, client, flags)) }),
  );
  print(flags, toJson(SimulateResponse, answer, defaultRegistry()));
}

/** With an empty signature of each signer, where nobody has signed yet. */
async function shapedAsSigned(tx: Tx, client: OpgClient, flags: SigningFlags): Promise<Tx> {
  if ((tx.authInfo?.signerInfos ?? []).length > 0) return tx;
  const signers = requiredSigners(tx, defaultRegistry(), await prefixOf(client, flags));
  const accounts = await Promise.all(signers.map((address) => accountAt(client, address)));
  const signerInfos = accounts.map(({ sequence }) => ({
    publicKey: undefined,
    modeInfo: singleMode("direct"),
    sequence,
  }));
  return {
    body: tx.body,
    authInfo: AuthInfo.create({ ...tx.authInfo, signerInfos }),
    signatures: signers.map(() => new Uint8Array(0)),
  };
}

/** The chain's prefix of addresses: as it says itself, or as the home's genesis has it. */
async function prefixOf(client: OpgClient | undefined, flags: SigningFlags): Promise<string> {
  return client ? (await client.query.auth.bech32Prefix()).bech32Prefix : prefixIn(flags.home);
}

interface Verdict {
  readonly index: number;
  readonly address: string;
  /** OK, or what is wrong. */
  readonly signature: string;
}

/** Who must sign, who has signed, and whether the signatures are right: judged by the chain's own code. */
async function validate(file: string, flags: SigningFlags): Promise<void> {
  const tx = fromFile(Tx, file);
  const registry = defaultRegistry();
  const infos = tx.authInfo?.signerInfos ?? [];
  const client = flags.offline ? undefined : await readingClient(flags);
  const prefix = await prefixOf(client, flags);
  const signers = requiredSigners(tx, registry, prefix);
  const verdicts: Verdict[] = [];
  for (const [index, info] of infos.entries()) {
    const key = info.publicKey ? publicKeyFromAny(info.publicKey) : undefined;
    const address = key ? addressOf(key, prefix) : "";
    const account =
      key && client ? { ...(await accountAt(client, address)), chainId: client.chainId } : undefined;
    const fault =
      address === signers[index]
        ? account && faultOf(tx, index, account)
        : `ERROR: signature does not match its respective signer ${signers[index] ?? ""}`.trim();
    verdicts.push({ index, address, signature: fault ?? "OK" });
  }
  const isRight = infos.length === signers.length && verdicts.every(({ signature }) => signature === "OK");
  print(
    flags,
    { signers, signatures: verdicts, valid: isRight },
    [
      "Signers:",
      ...signers.map((each, at) => `  ${at}: ${each}`),
      "",
      "Signatures:",
      ...verdicts.map(({ index, address, signature }) => `  ${index}: ${address}\t\t\t[${signature}]`),
    ].join("\n"),
  );
  if (!isRight)
    throw new NodeError(
      "failed",
      `signatures: ${infos.length} of ${signers.length} are there, ${verdicts.filter(({ signature }) => signature === "OK").length} of them right`,
    );
}

function faultOf(tx: Tx, index: number, account: SigningAccount): string | undefined {
  const info = tx.authInfo!.signerInfos[index]!;
  // What mode direct signs holds this sequence, not the account's.
  if (info.sequence !== account.sequence)
    return `ERROR: is for sequence ${info.sequence}; the account's is ${account.sequence} now`;
  const parts = {
    bodyBytes: TxBody.encode(tx.body!),
    authInfoBytes: AuthInfo.encode(tx.authInfo!),
    body: tx.body!,
    authInfo: tx.authInfo!,
  };
  try {
    const key = publicKeyFromAny(info.publicKey!);
    const singles = singleSignatures(key, info.modeInfo, tx.signatures[index] ?? new Uint8Array(0));
    const isRight = singles.every(({ publicKey, mode, signature }) =>
      verifySignature(publicKey, signBytes(mode, parts, account, defaultRegistry()), signature),
    );
    if (isRight) return undefined;
    const { accountNumber, sequence, chainId } = account;
    return `ERROR: is not of this transaction, account number ${accountNumber}, sequence ${sequence} and chain ${chainId}`;
  } catch (error) {
    if (error instanceof ChainError) return `ERROR: ${error.message}`;
    throw error;
  }
}

/** Adds what works on files to `opgd tx`. */
export function addTxTools(tx: Command): void {
  const sub = (usage: string, about: string) => tx.command(usage).description(about);
  // Nothing of a home is needed; it is taken for the habit of it.
  const plain = (usage: string, about: string) => withNode(withHome(sub(usage, about)));
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
      sub(
        "multi-sign <file> <name> <signatures...>",
        "put the signatures of a multisig's members together",
      ).alias("multisign"),
      "may",
    ).option("--signature-only", "print the signature alone"),
  ).action(multiSign);
  withOutput(plain("broadcast <file>", "send a transaction of a file that is signed"))
    .addOption(
      tx
        .createOption(
          "-b, --broadcast-mode <mode>",
          "block: wait for its block; sync: for the mempool; async: not at all",
        )
        .default("block")
        .choices(["block", "sync", "async"]),
    )
    .action(broadcast);
  plain("encode <file>", "a transaction of a file as bytes, in base64").action((file: string) =>
    write(Buffer.from(encodeTx(fromFile(Tx, file))).toString("base64"), undefined),
  );
  plain("decode <bytes>", "bytes of a transaction, in base64 or hex, as JSON")
    .option("-x, --hex", "the bytes are in hex")
    .action(decode);
  withSigning(
    sub("simulate <file>", "gas that a transaction of a file would take, and its events"),
    "may",
  ).action(simulate);
  withSigning(
    sub(
      "validate-signatures <file>",
      "who must sign a transaction, who has, and whether the signatures are right",
    ),
    "may",
  ).action(validate);
}
