/** Acting for others: what each grant allows, what it is reduced to, when it ends, and what a wrapped message may not evade. */
import t from "tap";
import { authorizationFromAny } from "../../../../chain/modules/authz/authorizations.ts";
import type { MessageType } from "../../../../proto/codec.ts";
import { GenericAuthorization, Msg, MsgExec, Query } from "../../../../proto/gen/cosmos.authz.v1beta1.ts";
import { MsgSend, SendAuthorization } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  AuthorizationType,
  MsgDelegate,
  StakeAuthorization,
} from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Any, Timestamp } from "../../../../proto/gen/google.protobuf.ts";
import { account, codec, DENOM, Sandbox } from "../sandbox.ts";

const [owner, agent, other] = [account("owner"), account("agent"), account("other")];
const coins = (amount: number) => [{ denom: DENOM, amount: String(amount) }];
const any = <T>(type: MessageType<T>, value: Partial<T>): Any => ({
  typeUrl: type.typeUrl,
  value: type.encode(type.create(value)),
});
const send = (amount: number, toAddress = other, fromAddress = owner): Any =>
  any(MsgSend, { fromAddress, toAddress, amount: coins(amount) });
const generic = any(GenericAuthorization, { msg: MsgSend.typeUrl });
const { methods } = Msg;

function start(authorization?: Any, seconds?: bigint): Sandbox {
  const sandbox = new Sandbox({ funds: { owner: 1000n, agent: 10n } });
  sandbox.block(() => undefined);
  if (authorization) grant(sandbox, authorization, seconds);
  return sandbox;
}

function grant(sandbox: Sandbox, authorization: Any, seconds?: bigint): void {
  const expiration = seconds === undefined ? undefined : later(sandbox, seconds);
  sandbox.run(methods.Grant, { granter: owner, grantee: agent, grant: { authorization, expiration } });
}

const later = (sandbox: Sandbox, seconds: bigint): Timestamp => ({
  seconds: sandbox.context().block.time.seconds + seconds,
  nanos: 0,
});
const exec = (sandbox: Sandbox, ...msgs: readonly Any[]) =>
  sandbox.deliver(methods.Exec, { grantee: agent, msgs: [...msgs] });
const grants = (sandbox: Sandbox) =>
  sandbox.query(Query.methods.Grants, { granter: owner, grantee: agent }).grants;

t.test("without a grant nothing runs for another, but one's own does", async (t) => {
  const sandbox = start();
  t.match(exec(sandbox, send(1)).error, { codespace: "authz", code: 2 });
  t.equal(exec(sandbox, send(1, other, agent)).error, undefined);
  t.equal(sandbox.balance(other), 1n);
});

t.test("a generic grant runs any message of its type, and its events tell which", async (t) => {
  const sandbox = start(generic);
  const { error, events, response } = exec(sandbox, send(5), send(6));
  t.equal(error, undefined);
  t.equal(response!.results.length, 2);
  t.equal(sandbox.balance(other), 11n);
  const indexes = events
    .filter(({ type }) => type === "transfer")
    .map(({ attributes }) => attributes.find(({ key }) => key === "authz_msg_index")?.value);
  t.same(indexes, ["0", "1"]);
  t.match(exec(sandbox, send(1, other, account("stranger"))).error, { codespace: "authz", code: 2 });
  t.same(sandbox.broken(), []);
});

t.test("all of an Exec is undone if one message fails", async (t) => {
  const sandbox = start(generic);
  const before = sandbox.stateHash();
  t.match(exec(sandbox, send(5), send(5000)).error, { codespace: "sdk", code: 5 });
  t.same(sandbox.stateHash(), before);
});

t.test(
  "a send grant is reduced by what is sent, keeps to its list, and ends when it is used up",
  async (t) => {
    const limit = any(SendAuthorization, { spendLimit: coins(100), allowList: [other] });
    const sandbox = start(limit);
    t.match(exec(sandbox, send(101)).error, { code: 5 });
    t.match(exec(sandbox, send(1, agent)).error, { code: 4, message: /does not list/ });
    t.equal(exec(sandbox, send(60)).error, undefined);
    t.same(SendAuthorization.decode(grants(sandbox)[0]!.authorization!.value).spendLimit, coins(40));
    t.equal(exec(sandbox, send(40)).error, undefined);
    t.same(grants(sandbox), []);
    t.match(exec(sandbox, send(1)).error, { codespace: "authz", code: 2 });
    t.same(sandbox.broken(), []);
  },
);

t.test("a stake grant keeps to its validators and its tokens", async (t) => {
  const sandbox = start();
  const operator = codec.operators.format(codec.parse(other));
  const stranger = codec.operators.format(codec.parse(agent));
  const stake = (grant: Partial<StakeAuthorization>) =>
    authorizationFromAny(
      any(StakeAuthorization, {
        authorizationType: AuthorizationType.AUTHORIZATION_TYPE_DELEGATE,
        maxTokens: { denom: DENOM, amount: "100" },
        ...grant,
      }),
      codec,
    );
  const delegate = (validatorAddress: string, amount: string) => ({
    typeUrl: MsgDelegate.typeUrl,
    route: undefined as never,
    value: MsgDelegate.create({
      delegatorAddress: owner,
      validatorAddress,
      amount: { denom: DENOM, amount },
    }),
  });
  const ctx = sandbox.context();
  const allowed = stake({ allowList: { address: [operator] } });
  t.equal(allowed.typeUrl, MsgDelegate.typeUrl);
  t.equal(allowed.accept(ctx, delegate(operator, "100")), "delete");
  const rest = allowed.accept(ctx, delegate(operator, "30"));
  t.same(StakeAuthorization.decode((rest as { update: Any }).update.value).maxTokens, {
    denom: DENOM,
    amount: "70",
  });
  t.throws(() => allowed.accept(ctx, delegate(stranger, "1")), { code: 4 });
  t.throws(() => allowed.accept(ctx, delegate(operator, "101")), { code: 5 });
  const denied = stake({ denyList: { address: [operator] } });
  t.throws(() => denied.accept(ctx, delegate(operator, "1")), { code: 4 });
  t.throws(() => stake({ authorizationType: 0 }), { codespace: "authz", code: 4 });
  t.throws(() => stake({ maxTokens: { denom: DENOM, amount: "-1" } }), { codespace: "authz", code: 12 });
});

t.test("a grant ends with its time, and is removed from the state", async (t) => {
  const sandbox = start(generic, 2n);
  sandbox.block(() => {
    t.equal(exec(sandbox, send(1)).error, undefined);
  });
  sandbox.block(() => undefined);
  t.same(grants(sandbox), []);
  t.match(exec(sandbox, send(1)).error, { codespace: "authz", code: 2 });
  t.same(sandbox.broken(), []);
});

t.test("a new time moves the grant in the queue; an old one is refused", async (t) => {
  const sandbox = start(generic, 1n);
  grant(sandbox, generic, 100n);
  grant(sandbox, any(GenericAuthorization, { msg: MsgExec.typeUrl }), 100n);
  t.same(sandbox.broken(), []);
  sandbox.block(() => undefined);
  sandbox.block(() => undefined);
  t.equal(grants(sandbox).length, 2);
  grant(sandbox, generic);
  t.same(sandbox.broken(), []);
  const past = sandbox.deliver(methods.Grant, {
    granter: owner,
    grantee: agent,
    grant: { authorization: generic, expiration: later(sandbox, 0n) },
  });
  t.match(past.error, { codespace: "authz", code: 3 });
});

t.test("expired grants are removed in bounded steps", async (t) => {
  const sandbox = start();
  const expiration = later(sandbox, 2n);
  for (let index = 0; index < 1200; index++) {
    const grantee = account(`grantee-${index}`);
    sandbox.run(methods.Grant, { granter: owner, grantee, grant: { authorization: generic, expiration } });
  }
  const left = () =>
    sandbox.query(Query.methods.GranterGrants, {
      granter: owner,
      pagination: { limit: 5000n, offset: 0n, key: new Uint8Array(0), countTotal: false, reverse: false },
    }).grants.length;
  sandbox.block(() => undefined);
  t.equal(left(), 1200);
  sandbox.block(() => undefined);
  t.equal(left(), 700);
  sandbox.block(() => undefined);
  sandbox.block(() => undefined);
  t.equal(left(), 0);
  t.same(sandbox.broken(), []);
});

t.test("what is granted may be revoked, once", async (t) => {
  const sandbox = start(generic, 50n);
  const revoke = () =>
    sandbox.deliver(methods.Revoke, { granter: owner, grantee: agent, msgTypeUrl: MsgSend.typeUrl });
  const { error, events } = revoke();
  t.equal(error, undefined);
  t.same(
    events.at(-1)!.attributes.map(({ key, value }) => [key, value]),
    [
      ["grantee", JSON.stringify(agent)],
      ["granter", JSON.stringify(owner)],
      ["msg_type_url", JSON.stringify(MsgSend.typeUrl)],
    ],
  );
  t.match(revoke().error, { codespace: "authz", code: 2 });
  t.same(sandbox.broken(), []);
});

t.test("what cannot be granted or run is refused by code", async (t) => {
  const sandbox = start();
  const to = (grantee: string, authorization: Any | undefined) =>
    sandbox.deliver(methods.Grant, {
      granter: owner,
      grantee,
      grant: { authorization, expiration: undefined },
    }).error;
  let nested = send(1, other, agent);
  for (let depth = 0; depth < 11; depth++) nested = any(MsgExec, { grantee: agent, msgs: [nested] });
  const cases: readonly (readonly [string, unknown, string, number])[] = [
    ["a grant to oneself", to(owner, generic), "authz", 7],
    ["no authorization", to(agent, undefined), "sdk", 29],
    ["an unknown authorization", to(agent, send(1)), "sdk", 29],
    ["an unknown message", to(agent, any(GenericAuthorization, { msg: "/x.y.MsgZ" })), "sdk", 29],
    ["a send limit of nothing", to(agent, any(SendAuthorization, {})), "sdk", 10],
    [
      "an address listed twice",
      to(agent, any(SendAuthorization, { spendLimit: coins(1), allowList: [other, other] })),
      "bank",
      8,
    ],
    ["an Exec of nothing", exec(sandbox).error, "sdk", 18],
    [
      "an Exec of what no module handles",
      exec(sandbox, { typeUrl: "/x", value: new Uint8Array(0) }).error,
      "sdk",
      6,
    ],
    ["an Exec of an invalid message", exec(sandbox, send(0, other, agent)).error, "sdk", 10],
    ["an Exec of Execs too deep", exec(sandbox, nested).error, "sdk", 18],
    ["an Exec that is no message", exec(sandbox, { ...nested, value: Uint8Array.of(0xff) }).error, "sdk", 2],
  ];
  for (const [name, error, codespace, code] of cases) t.match(error, { codespace, code }, name);
});

t.test("export and import give the same grants", async (t) => {
  const sandbox = start(generic, 50n);
  grant(sandbox, any(GenericAuthorization, { msg: MsgExec.typeUrl }));
  const genesis = sandbox.exported();
  const second = new Sandbox({ genesis });
  t.same(second.exported(), genesis);
  t.same(second.broken(), []);
});
