/** What the client signs is what the chain checks: two implementations of the same documents meet here. */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import type { DecodedTx } from "../../../chain/tx/decode.ts";
import { publicKeyFromAny as chainKey, publicKeyAddress } from "../../../chain/tx/public-key.ts";
import { signBytes } from "../../../chain/tx/sign-bytes.ts";
import { singleSignatures } from "../../../chain/tx/signature-data.ts";
import {
  addressBytes,
  multisigPublicKey,
  PrivateKey,
  publicKeyToAny,
  verifySignature,
} from "../../../client/keys/index.ts";
import {
  assembleMultisig,
  defaultRegistry,
  keySigner,
  multisigSignRequest,
  pack,
  signTx,
  type TxContent,
} from "../../../client/tx/index.ts";
import { MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { AuthInfo, TxBody, TxRaw } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { MsgInfer } from "../../../proto/gen/opg.inference.v1.ts";
import { MsgCreateModel } from "../../../proto/gen/opg.models.v1.ts";

const registry = defaultRegistry();
const keys = [1, 2, 3, 4].map((n) => new PrivateKey(sha256(Uint8Array.of(n))));
const account = { chainId: "opg-test-1", accountNumber: 7n, sequence: 3n };

const contents: [string, TxContent][] = [
  [
    "a send",
    content(pack(MsgSend, { fromAddress: "a", toAddress: "b", amount: [{ denom: "uopg", amount: "1" }] })),
  ],
  [
    "an inference",
    content(
      pack(MsgInfer, {
        requester: "a",
        modelId: 9n,
        inputs: Uint8Array.of(1, 2),
        maxFee: { denom: "uopg", amount: "0" },
        mode: 1,
        tags: ["<t>"],
      }),
    ),
  ],
  ["a model", content(pack(MsgCreateModel, { owner: "a", hash: new Uint8Array(32), size: 5n }))],
  [
    "with everything else",
    {
      ...content(pack(MsgSend, {})),
      memo: "é <&> \u2028",
      timeoutHeight: 5n,
      unordered: true,
      timeoutTimestamp: { seconds: 1n, nanos: 500 },
    },
  ],
];

function content(message: TxContent["messages"][0]): TxContent {
  return {
    messages: [message],
    fee: { amount: [{ denom: "uopg", amount: "5" }], gasLimit: 100n, granter: "opg1g" },
  };
}

/** All single signatures of a transaction, checked as the chain does. */
function checked(bytes: Uint8Array): boolean[] {
  const raw = TxRaw.decode(bytes, { strict: true, ordered: true });
  const body = TxBody.decode(raw.bodyBytes, { strict: true });
  const authInfo = AuthInfo.decode(raw.authInfoBytes, { strict: true });
  const tx = { ...raw, bytes, body, authInfo } as unknown as DecodedTx;
  return authInfo.signerInfos.flatMap((info, index) =>
    singleSignatures(chainKey(info.publicKey!), info.modeInfo, raw.signatures[index]!).map(
      ({ publicKey, mode, signature }) =>
        verifySignature(publicKey, signBytes(mode, tx, account, registry), signature),
    ),
  );
}

t.test("the chain accepts every signature that the client makes, in both modes", async (t) => {
  for (const [name, each] of contents) {
    for (const mode of ["direct", "amino"] as const) {
      const bytes = await signTx(each, [{ ...account, signer: keySigner(keys[0]!, "opg"), mode }], registry);
      t.strictSame(checked(bytes), [true], `${name}, ${mode}`);
    }
  }
});

t.test("the chain accepts the client's multisigs, whoever of the members signs", async (t) => {
  const publicKey = multisigPublicKey(
    2,
    keys.map((key) => key.publicKey),
  );
  t.strictSame(publicKeyAddress(chainKey(publicKeyToAny(publicKey))), addressBytes(publicKey));
  for (const [name, each] of contents) {
    const { signBytes: signed } = multisigSignRequest(each, publicKey, account, registry);
    for (const members of [
      [0, 1],
      [0, 3],
      [2, 1],
    ]) {
      const signatures = members.map((n) => ({
        publicKey: keys[n]!.publicKey,
        signature: keys[n]!.sign(signed),
      }));
      const bytes = assembleMultisig(each, publicKey, account, signatures, registry);
      t.strictSame(checked(bytes), [true, true], `${name}, ${members}`);
    }
  }
});
