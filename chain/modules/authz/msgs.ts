import { Msg, type MsgExec } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute, withInner } from "../../runtime/module.ts";
import type { DecodedMsg, Router } from "../../runtime/router.ts";
import { assertTime } from "../../runtime/time.ts";
import type { AuthKeeper } from "../auth/index.ts";
import type { BankKeeper } from "../bank/index.ts";
import { authorizationFromAny } from "./authorizations.ts";
import { AuthzError } from "./errors.ts";
import type { AuthzKeeper } from "./keeper.ts";

const EXEC = Msg.methods.Exec.request.typeUrl;

export interface AuthzMsgDeps {
  readonly keeper: AuthzKeeper;
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
  readonly router: Router;
}

export function authzMsgs({ keeper, auth, bank, router }: AuthzMsgDeps): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  const innerMsgs = ({ msgs }: MsgExec): readonly DecodedMsg[] => msgs.map((any) => router.decodeMsg(any));

  const assertExec = (exec: MsgExec, addresses: AddressCodec): void => {
    addresses.parse(exec.grantee, "grantee");
    if (exec.msgs.length === 0) throw SdkError.invalidRequest("msgs: no messages are given");
  };

  return [
    msgRoute(methods.Grant, {
      validate: ({ granter, grantee, grant }, addresses) => {
        assertDifferent(addresses, granter, grantee);
        authorizationFromAny(grant.authorization, addresses);
        if (grant.expiration) assertTime(grant.expiration, "grant.expiration");
      },
      handle: (ctx, { granter, grantee, grant }) => {
        const receiver = ctx.addresses.parse(grantee, "grantee");
        if (!auth.hasAccount(ctx, receiver)) {
          if (bank.isBlocked(receiver))
            throw SdkError.unauthorized(`grantee: ${grantee} is not allowed to receive funds`);
          auth.createAccount(ctx, receiver);
        }
        const { typeUrl } = authorizationFromAny(grant.authorization, ctx.addresses);
        if (!router.has(typeUrl))
          throw SdkError.invalidType(
            `grant.authorization: no module handles messages of type ${typeUrl.slice(0, 200)}`,
          );
        keeper.save(
          ctx,
          ctx.addresses.parse(granter, "granter"),
          receiver,
          grant.authorization!,
          grant.expiration,
        );
        return {};
      },
    }),
    msgRoute(methods.Exec, {
      validate: (exec, addresses) => {
        assertExec(exec, addresses);
        for (const { typeUrl, route, value } of withInner(innerMsgs(exec), 1)) {
          // One that carries messages would go through them once more at every depth.
          if (typeUrl === EXEC) assertExec(value as MsgExec, addresses);
          else route.validate?.(value, addresses);
        }
      },
      inner: innerMsgs,
      handle: (ctx, exec) => ({
        results: keeper.dispatch(ctx, ctx.addresses.parse(exec.grantee, "grantee"), innerMsgs(exec)),
      }),
    }),
    msgRoute(methods.Revoke, {
      validate: ({ granter, grantee, msgTypeUrl }, addresses) => {
        assertDifferent(addresses, granter, grantee);
        if (msgTypeUrl === "")
          throw SdkError.invalidRequest("msg_type_url: is empty; name a type of message");
      },
      handle: (ctx, { granter, grantee, msgTypeUrl }) => {
        keeper.revoke(ctx, ctx.addresses.parse(granter), ctx.addresses.parse(grantee), msgTypeUrl);
        return {};
      },
    }),
  ];
}

/** @throws SdkError.invalidAddress, AuthzError.granteeIsGranter */
function assertDifferent(addresses: AddressCodec, granter: string, grantee: string): void {
  if (bytesEqual(addresses.parse(granter, "granter"), addresses.parse(grantee, "grantee")))
    throw AuthzError.granteeIsGranter(`grantee: ${grantee} is the granter; name another account`);
}
