export {
  aminoDocument,
  authInfo,
  type SignerPlace,
  type SigningAccount,
  signRequest,
  type TxContent,
  type TxFee,
  txBody,
  txBytes,
  txHash,
} from "./build.ts";
export { TxError, type TxErrorCode } from "./errors.ts";
export { defaultRegistry, pack } from "./messages.ts";
export { assembleMultisig, type MemberSignature, multisigSignRequest } from "./multisig.ts";
export { type SigningParty, signTx } from "./sign.ts";
export { keySigner, type Signer, type SignMode, type SignRequest } from "./signer.ts";
