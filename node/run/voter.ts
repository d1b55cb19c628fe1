/** For which validator a home's node votes, and the secret by which it binds itself in votes (ADR-0162). */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { VoterOptions } from "../../chain/block/voter.ts";
import { consensusAddress, homeFiles, parseKeyFile } from "../comet/index.ts";
import { writeFileSafely } from "../files.ts";

/** In the data folder; lost with it, which costs no more than some openings (ADR-0162). */
const SECRET_FILE = join("data", "market_secret");
const SECRET_BYTES = 32;

/** Undefined where the home has no validator's key: then the node says nothing in votes. */
export function voterOf(home: string): VoterOptions | undefined {
  const path = join(home, homeFiles.validatorKey);
  const key = existsSync(path) ? parseKeyFile(readFileSync(path, "utf8")) : undefined;
  return key && { validator: consensusAddress(key.pub), secret: secretOf(home) };
}

/** Made once; again if the file was damaged. */
function secretOf(home: string): Uint8Array {
  const path = join(home, SECRET_FILE);
  const known = existsSync(path) ? readFileSync(path) : undefined;
  if (known?.length === SECRET_BYTES) return new Uint8Array(known);
  const secret = new Uint8Array(randomBytes(SECRET_BYTES));
  writeFileSafely(path, secret);
  return secret;
}
