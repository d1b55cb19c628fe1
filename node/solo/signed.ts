/**
 * data/priv_validator_state.json: the last vote that the home's key signed, in CometBFT's own form, so that CometBFT too
 * would refuse to sign that height again (ADR-0081). Source: privval/file.go of CometBFT v0.40.
 */
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { toHex } from "../../chain/runtime/bytes.ts";
import { SoloError } from "./errors.ts";

/** What of the file matters here. */
export interface SignedState {
  /** 0 before anything was signed. */
  readonly height: bigint;
  /** On the disk when it resolves. */
  save(height: bigint, signature: Uint8Array, signBytes: Uint8Array): Promise<void>;
}

/** CometBFT's number of the step that signs the decision. */
const PRECOMMIT = 3;

/** @throws SoloError signed if the file is there and not what CometBFT writes */
export function signedStateOf(path: string): SignedState {
  let height = readHeight(path);
  return {
    get height() {
      return height;
    },
    async save(signed, signature, signBytes) {
      const state = {
        height: `${signed}`,
        round: 0,
        step: PRECOMMIT,
        signature: Buffer.from(signature).toString("base64"),
        signbytes: toHex(signBytes).toUpperCase(),
      };
      await writeDurably(path, `${JSON.stringify(state, null, 2)}\n`);
      height = signed;
    },
  };
}

function readHeight(path: string): bigint {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0n;
    throw error;
  }
  const height = heightIn(text);
  if (height === undefined)
    throw new SoloError(
      "signed",
      `${path} does not say what height the key signed last: restore it from where it was copied; without it the key could sign a height twice`,
    );
  return height;
}

function heightIn(text: string): bigint | undefined {
  try {
    const { height } = JSON.parse(text) as { height?: unknown };
    return typeof height === "string" && /^\d{1,18}$/.test(height) ? BigInt(height) : undefined;
  } catch {
    return undefined;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
