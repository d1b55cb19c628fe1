/** Raises the sequence of every signer, so that no transaction runs twice, and keeps a key that came with it. */
import { withBase } from "../modules/auth/index.ts";
import type { Step } from "./pipeline.ts";

export const incrementSequences: Step = (ctx, { signers }, { auth }) => {
  for (const { account } of signers) {
    const { sequence } = account.base;
    auth.setAccount(ctx, withBase(account, { sequence: sequence + 1n }));
  }
};
