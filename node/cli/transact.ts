/** From messages to a transaction: signed and sent, written unsigned (--generate-only), or only estimated (--dry-run). */
import type { Command } from "commander";
import { coinsToProto, parseCoins } from "../../chain/runtime/coins.ts";
import {
  defaultRegistry,
  feeOf,
  OpgClient,
  type PublicKey,
  parseGasPrice,
  type Signer,
  type SignMode,
  singlePublicKey,
  type TxContent,
  type TxOptions,
  unsignedTx,
} from "../../client/index.ts";
import { Tx } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any, Timestamp } from "../../proto/gen/google.protobuf.ts";
import { toJson } from "../../proto/json.ts";
import { NodeError } from "../errors.ts";
import type { Keyring } from "../keys/keyring.ts";
import { rpcOptions, withClient } from "./client.ts";
import { keyringOf } from "./keyring.ts";
import {
  flag,
  type KeyOptions,
  type NodeClientOptions,
  nodeUrl,
  type OutputOptions,
  positive,
  withKeyring,
  withNode,
  withOutput,
} from "./options.ts";
import { print, resultOf } from "./output.ts";
import { convert, resolveAddress } from "./verbs/addresses.ts";
import { durationOf } from "./verbs/value.ts";

export interface TxFlags extends KeyOptions, NodeClientOptions, OutputOptions {
  readonly from: string;
  readonly chainId?: string;
  readonly fees?: string;
  readonly gas?: string;
  readonly gasPrices?: string;
  readonly gasAdjustment: string;
  readonly feeGranter?: string;
  readonly feePayer?: string;
  readonly note?: string;
  readonly timeoutHeight?: string;
  readonly timeoutDuration?: string;
  readonly unordered?: true;
  readonly signMode?: string;
  readonly accountNumber?: string;
  readonly sequence?: string;
  readonly generateOnly?: true;
  readonly offline?: true;
  readonly dryRun?: true;
  readonly broadcastMode: "sync" | "async" | "block";
  readonly yes?: true;
}

/** Gas of a transaction that is written offline, where none is given. Source: DefaultGasLimit of the SDK. */
const OFFLINE_GAS = 200_000n;

/** The flags of whatever signs: who, on which chain, in which mode. */
export function withSigning(command: Command, from: "must" | "may" = "must"): Command {
  const signer = flag("--from <key>", "name or address of the key that signs");
  return withOutput(withNode(withKeyring(command)))
    .addOption(from === "must" ? signer.makeOptionMandatory() : signer)
    .addOption(
      flag("--chain-id <id>", "refuse a node of another chain; with --offline, the chain that is signed for"),
    )
    .option("-a, --account-number <n>", "number of the account that signs, with --offline")
    .option("-s, --sequence <n>", "sequence of the account that signs, with --offline")
    .option(
      "--sign-mode <mode>",
      "direct, or amino-json as Ledger devices and multisigs sign; default: direct",
    )
    .option("--offline", "ask no node");
}

/** The flags of every command that sends a transaction. */
export function withTx(command: Command): Command {
  return withSigning(command)
    .addOption(flag("--fees <coins>", "the whole fee, such as 500uopg"))
    .addOption(flag("--gas <gas>", "gas limit, or auto to simulate; default: auto, with --offline 200000"))
    .addOption(flag("--gas-prices <price>", "price of gas, such as 0.025uopg; default: what the node asks"))
    .addOption(flag("--gas-adjustment <factor>", "what simulated gas is multiplied by", "1.3"))
    .option("--fee-granter <address>", "who pays the fee, by an allowance that it gave")
    .option("--fee-payer <address>", "who pays the fee, and signs too; with --generate-only")
    .addOption(flag("--note <text>", "memo of the transaction"))
    .addOption(flag("--timeout-height <n>", "last height at which it may be included"))
    .option("--timeout-duration <duration>", "how long from now it may be included, such as 90s")
    .option("--unordered", "refused: this chain takes transactions by the sequence of their accounts")
    .option("--generate-only", "print the unsigned transaction, for tx sign")
    .option("--dry-run", "print the gas that it would take, and send nothing")
    .addOption(
      flag(
        "-b, --broadcast-mode <mode>",
        "block: wait for its block; sync: for the mempool; async: not at all",
        "block",
      ).choices(["block", "sync", "async"]),
    )
    .option("-y, --yes", "do not ask (commands never ask; taken for the habit of it)");
}

/** A number that may be 0. @throws NodeError */
export function counter(text: string, name: string): bigint {
  return text === "0" ? 0n : positive(text, name);
}

/** @throws NodeError */
export function signModeOf(text: string | undefined): SignMode | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "direct") return "direct";
  if (text === "amino-json") return "amino";
  throw new NodeError("usage", `--sign-mode: ${text} is neither direct nor amino-json`);
}

function timeoutOf(flags: TxFlags): Timestamp | undefined {
  if (!flags.timeoutDuration) return undefined;
  if (flags.timeoutHeight)
    throw new NodeError("usage", "--timeout-height, --timeout-duration: give one of them");
  const { seconds } = durationOf(flags.timeoutDuration, "--timeout-duration");
  return { seconds: BigInt(Math.floor(Date.now() / 1000)) + seconds, nanos: 0 };
}

export function txOptions(flags: TxFlags): TxOptions {
  const adjustment = Number(flags.gasAdjustment);
  if (!(adjustment >= 1 && adjustment <= 10))
    throw new NodeError("usage", `--gas-adjustment: ${flags.gasAdjustment} is not from 1 to 10`);
  if (flags.unordered)
    throw new NodeError(
      "usage",
      "--unordered: this chain takes transactions by the sequence of their accounts; leave it out, and bound how long it may wait with --timeout-height or --timeout-duration",
    );
  if (flags.fees && flags.gasPrices)
    throw new NodeError("usage", "--fees, --gas-prices: give one of them; the other follows from the gas");
  const timeoutTimestamp = timeoutOf(flags);
  return {
    gas: flags.gas === undefined || flags.gas === "auto" ? "auto" : positive(flags.gas, "--gas"),
    gasAdjustment: adjustment,
    ...(flags.fees ? { fee: coinsToProto(parseCoins(flags.fees, "--fees")) } : {}),
    ...(flags.gasPrices ? { gasPrice: flags.gasPrices } : {}),
    ...(flags.feeGranter
      ? { feeGranter: accountOf(keyringOf(flags), flags.feeGranter, "--fee-granter") }
      : {}),
    ...(flags.note ? { memo: flags.note } : {}),
    ...(flags.timeoutHeight ? { timeoutHeight: positive(flags.timeoutHeight, "--timeout-height") } : {}),
    ...(timeoutTimestamp ? { timeoutTimestamp } : {}),
  };
}

function accountOf(keyring: Keyring, text: string, name: string): string {
  // No prefix is needed: only addresses of consensus keys are made from another form.
  return resolveAddress("account", text, name, {
    prefix: "",
    names: () => keyring.names(),
    show: (each) => keyring.show(each),
  });
}

/** Runs `work` with a client that signs by --from. */
export async function signing<T>(flags: TxFlags, work: (client: OpgClient) => Promise<T>): Promise<T> {
  for (const name of ["generateOnly", "dryRun", "offline"] as const)
    if (flags[name])
      throw new NodeError(
        "usage",
        `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: this command sends several transactions, or waits for what they answer; leave it out`,
      );
  return withSigner(flags, work);
}

async function withSigner<T>(flags: TxFlags, work: (client: OpgClient) => Promise<T>): Promise<T> {
  const signer = await keyringOf(flags).signer(flags.from);
  const mode = signModeOf(flags.signMode);
  return withClient(flags, work, {
    signer: mode ? { ...signer, modes: [mode] } : signer,
    ...(flags.chainId ? { chainId: flags.chainId } : {}),
  });
}

/** Whose messages are made. */
export interface Sender {
  /** The account that signs. */
  readonly address: string;
  /** The same bytes as a validator's operator. */
  readonly operator: string;
  /** A client of the node. @throws NodeError with --offline */
  client(): OpgClient;
}

type Make = (sender: Sender) => readonly Any[] | Promise<readonly Any[]>;

function senderOf(address: string, client: OpgClient | undefined): Sender {
  return {
    address,
    operator: convert(address, "operator"),
    client: () => {
      if (client) return client;
      throw new NodeError("usage", "--offline: what this command says depends on the chain; leave it out");
    },
  };
}

/** Makes messages, signs and sends them, and prints the result; or what the flags ask for instead. */
export async function send(flags: TxFlags, make: Make): Promise<void> {
  const options = txOptions(flags);
  if (flags.dryRun) return estimate(flags, options, make);
  if (flags.generateOnly) return generate(flags, options, make);
  if (flags.offline)
    throw new NodeError(
      "usage",
      "--offline: nothing can be sent; write the transaction with --generate-only, and sign it",
    );
  if (flags.feePayer)
    throw new NodeError(
      "usage",
      "--fee-payer: two accounts sign; write the transaction with --generate-only, and let both sign it (tx sign)",
    );
  await withSigner(flags, async (client) => {
    const made = await make(senderOf(client.address, client));
    if (flags.broadcastMode !== "block") {
      const hash = await client.transactor.broadcast(made, options);
      print(flags, { txhash: hash, code: 0 });
      return;
    }
    print(flags, resultOf(await client.execute(made, options)));
  });
}

/** The generator of secp256k1: a key of nobody's account, where simulation only needs the shape of one. */
const NO_KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/** Who signs later: its key is the keyring's, if it is there, and never used. */
function laterSigner(keyring: Keyring, from: string): Signer {
  const address = accountOf(keyring, from, "--from");
  const name = keyring.names().find((each) => keyring.show(each).address === address);
  const known: PublicKey | undefined = name === undefined ? undefined : keyring.publicKey(name);
  const publicKey =
    known?.type === "secp256k1" ? known : singlePublicKey(new Uint8Array(Buffer.from(NO_KEY, "hex")));
  return {
    address,
    publicKey,
    modes: ["direct", "amino"],
    sign: async () => {
      throw new NodeError("failed", "nothing is signed here");
    },
  };
}

async function withLater<T>(flags: TxFlags, work: (client: OpgClient) => Promise<T>): Promise<T> {
  const signer = laterSigner(keyringOf(flags), flags.from);
  return withClient(flags, work, { signer, ...(flags.chainId ? { chainId: flags.chainId } : {}) });
}

async function estimate(flags: TxFlags, options: TxOptions, make: Make): Promise<void> {
  if (flags.offline) throw new NodeError("usage", "--dry-run: a node simulates; leave --offline out");
  await withLater(flags, async (client) => {
    const made = await make(senderOf(client.address, client));
    const { fee } = await client.transactor.content(made, { ...options, gas: "auto" });
    print(flags, { gas_estimate: fee.gasLimit }, `gas estimate: ${fee.gasLimit}`);
  });
}

async function generate(flags: TxFlags, options: TxOptions, make: Make): Promise<void> {
  const payer = flags.feePayer ? { payer: accountOf(keyringOf(flags), flags.feePayer, "--fee-payer") } : {};
  const write = (content: TxContent) =>
    writeDocument(unsignedTx({ ...content, fee: { ...content.fee, ...payer } }));
  if (!flags.offline) {
    await withLater(flags, async (client) => {
      const made = await make(senderOf(client.address, client));
      write(await client.transactor.content(made, options));
    });
    return;
  }
  if (flags.gas === "auto")
    throw new NodeError("usage", "--gas auto: a node simulates; give the gas, or leave --offline out");
  const { address } = laterSigner(keyringOf(flags), flags.from);
  const gasLimit = options.gas === "auto" || options.gas === undefined ? OFFLINE_GAS : options.gas;
  const amount = options.fee ?? (options.gasPrice ? feeOf(gasLimit, parseGasPrice(options.gasPrice)) : []);
  write({
    messages: await make(senderOf(address, undefined)),
    fee: { amount, gasLimit, ...(options.feeGranter ? { granter: options.feeGranter } : {}) },
    memo: options.memo ?? "",
    timeoutHeight: options.timeoutHeight ?? 0n,
    ...(options.timeoutTimestamp ? { timeoutTimestamp: options.timeoutTimestamp } : {}),
  });
}

/** A transaction as one line of the SDK's JSON. */
export function documentText(tx: Tx): string {
  return JSON.stringify(toJson(Tx, tx, defaultRegistry()));
}

function writeDocument(tx: Tx): void {
  process.stdout.write(`${documentText(tx)}\n`);
}

/** A client that only reads. */
export function readingClient(flags: NodeClientOptions & { readonly chainId?: string }): Promise<OpgClient> {
  return OpgClient.connect(nodeUrl(flags), {
    rpc: rpcOptions(),
    ...(flags.chainId ? { chainId: flags.chainId } : {}),
  });
}
