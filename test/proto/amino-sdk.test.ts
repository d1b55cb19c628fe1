/** What a Ledger signs, against what the Cosmos SDK signs: test/vectors/amino-sdk-v0.53.4.json.gz (scripts/amino-vectors.ts). */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import t from "tap";
import { fromHex } from "../../chain/runtime/bytes.ts";
import { signBytes } from "../../chain/tx/sign-bytes.ts";
import { SignMode } from "../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import { AuthInfo, TxBody } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { AMINO_VECTORS, type AminoCase, aminoRegistry, standardMessages } from "./amino-cases.ts";

const { cases } = JSON.parse(gunzipSync(readFileSync(AMINO_VECTORS)).toString()) as {
  readonly cases: readonly AminoCase[];
};
const registry = aminoRegistry();

/** Text, or undefined where we refuse. */
function ours({ body, auth_info, chain_id, account_number, sequence }: AminoCase): string | undefined {
  const [bodyBytes, authInfoBytes] = [fromHex(body)!, fromHex(auth_info)!];
  const parts = {
    bodyBytes,
    authInfoBytes,
    body: TxBody.decode(bodyBytes),
    authInfo: AuthInfo.decode(authInfoBytes),
  };
  const signer = {
    chainId: chain_id,
    accountNumber: BigInt(account_number),
    sequence: BigInt(sequence),
  };
  try {
    const mode = SignMode.SIGN_MODE_LEGACY_AMINO_JSON;
    return new TextDecoder().decode(signBytes(mode, parts, signer, registry));
  } catch (error) {
    if ((error as { readonly codespace?: string }).codespace === "sdk") return undefined;
    throw error;
  }
}

t.test("every standard message has vectors that the SDK signs", async (t) => {
  for (const { typeUrl } of standardMessages(registry)) {
    const those = cases.filter(({ message }) => message === typeUrl);
    t.ok(
      those.filter(({ sign_bytes }) => sign_bytes !== undefined).length >= 3,
      `${typeUrl}: ${those.length}`,
    );
  }
});

for (const typeUrl of new Set(cases.map(({ message }) => message)))
  t.test(`${typeUrl} is signed as the SDK signs it`, async (t) => {
    for (const [index, each] of cases.entries())
      if (each.message === typeUrl)
        t.equal(ours(each), each.sign_bytes, `case ${index}: ${each.error ?? "signed"}`);
  });
