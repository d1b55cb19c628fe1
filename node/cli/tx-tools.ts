/** opgd tx broadcast|encode|decode|simulate|validate-signatures: transactions in files, in the SDK's JSON. */
import type { Command } from "commander";
import { ChainError } from "../../chain/runtime/errors.ts";
import { signBytes } from "../../chain/tx/sign-bytes.ts";
import { singleSignatures } from "../../chain/tx/signature-data.ts";
import {
  addressOf,
  decodeTxBytes,
  defaultRegistry,
  encodeTx,
  type OpgClient,
  publicKeyFromAny,
  requiredSigners,
  type SigningAccount,
  singleMode,
  TxFailedError,
  txHash,
  verifySignature,
} from "../../client/index.ts";
import {
  AuthInfo,
  SimulateRequest,
  SimulateResponse,
  Tx,
  TxBody,
} from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { JsonError, toJson } from "../../proto/json.ts";
import { WireError } from "../../proto/wire.ts";
import { NodeError } from "../errors.ts";
import { prefixIn } from "./keyring.ts";
import { type NodeClientOptions, type OutputOptions, withHome, withNode, withOutput } from "./options.ts";
import { print, resultOf } from "./output.ts";
import { documentText, readingClient, withSigning } from "./transact.ts";
import { accountAt, fromFile, type SigningFlags, write } from "./tx-files.ts";
import { addSigning } from "./tx-sign.ts";
import { bytesOf } from "./verbs/value.ts";

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
  addSigning(tx);
  const sub = (usage: string, about: string) => tx.command(usage).description(about);
  // Nothing of a home is needed; it is taken for the habit of it.
  const plain = (usage: string, about: string) => withNode(withHome(sub(usage, about)));
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
