/** Transactions in files, and the accounts that sign them. */
import { writeFileSync } from "node:fs";
import {
  defaultRegistry,
  type OpgClient,
  type SigningAccount,
  signatureDescriptors,
} from "../../client/index.ts";
import type { MessageType } from "../../proto/codec.ts";
import { SignatureDescriptors } from "../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import type { Tx } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { fromJson, type Json, JsonError, toJson } from "../../proto/json.ts";
import { NodeError } from "../errors.ts";
import { counter, readingClient, type TxFlags } from "./transact.ts";
import { fileText } from "./verbs/file-text.ts";

export type SigningFlags = Pick<
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

/** A message from its JSON. @throws NodeError naming the place and the field */
function fromText<T>(type: MessageType<T>, text: string, place: string): T {
  try {
    return fromJson(type, JSON.parse(text) as Json, defaultRegistry());
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonError)
      throw new NodeError("usage", `${place}: ${error.message}`);
    throw error;
  }
}

/** A message from a file of its JSON. @throws NodeError naming the file and the field */
export function fromFile<T>(type: MessageType<T>, path: string): T {
  return fromText(type, fileText(path, "file"), path);
}

/** Messages from a file with one on each line. @throws NodeError naming the file, the line and the field */
export function linesOf<T>(type: MessageType<T>, path: string): readonly T[] {
  return fileText(path, "file")
    .split("\n")
    .flatMap((line, at) => (line.trim() === "" ? [] : [fromText(type, line, `${path}: line ${at + 1}`)]));
}

export function write(text: string, document: string | undefined): void {
  if (document) writeFileSync(document, `${text}\n`);
  else process.stdout.write(`${text}\n`);
}

export function signaturesText(tx: Tx): string {
  return JSON.stringify(toJson(SignatureDescriptors, signatureDescriptors(tx), defaultRegistry()));
}

/** Which account of which chain signs: as the flags say with --offline, else as the chain says. @throws NodeError */
export async function accountOf(flags: SigningFlags, address: string): Promise<SigningAccount> {
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

export async function accountAt(client: OpgClient, address: string) {
  const account = await client.account(address);
  if (!account)
    throw new NodeError(
      "failed",
      `${address} does not exist on ${client.chainId} yet; send it some coins first`,
    );
  return account;
}
