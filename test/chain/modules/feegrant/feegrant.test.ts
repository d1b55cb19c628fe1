/** Fees paid by another's account: what each allowance covers, what is left of it, when it ends. */
import t from "tap";
import { parseCoins } from "../../../../chain/runtime/coins.ts";
import { ChainError } from "../../../../chain/runtime/errors.ts";
import type { MessageType } from "../../../../proto/codec.ts";
import { MsgSend } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  AllowedMsgAllowance,
  BasicAllowance,
  Msg,
  PeriodicAllowance,
  Query,
} from "../../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import type { Any, Timestamp } from "../../../../proto/gen/google.protobuf.ts";
import { account, codec, DENOM, Sandbox } from "../sandbox.ts";

const [granter, grantee] = [account("granter"), account("grantee")];
const coins = (amount: number) => [{ denom: DENOM, amount: String(amount) }];
const any = <T>(type: MessageType<T>, value: Partial<T>): Any => ({
  typeUrl: type.typeUrl,
  value: type.encode(type.create(value)),
});
const { methods } = Msg;

function start(allowance?: (now: bigint) => Any): Sandbox {
  const sandbox = new Sandbox({ funds: { granter: 1000n } });
  sandbox.block(() => undefined);
  if (allowance)
    sandbox.run(methods.GrantAllowance, { granter, grantee, allowance: allowance(now(sandbox)) });
  return sandbox;
}

const now = (sandbox: Sandbox): bigint => sandbox.context().block.time.seconds;
const at = (seconds: bigint): Timestamp => ({ seconds, nanos: 0 });

/** Uses the allowance for a fee. @returns `codespace/code` of a refusal */
function use(
  sandbox: Sandbox,
  amount: number,
  typeUrls: readonly string[] = [MsgSend.typeUrl],
): string | undefined {
  const { ctx, write } = sandbox.context("deliver").branch();
  try {
    sandbox.modules.feegrant.use(
      ctx,
      codec.parse(granter),
      codec.parse(grantee),
      parseCoins(`${amount}${DENOM}`),
      {
        typeUrls,
      },
    );
    write();
    return undefined;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return `${error.codespace}/${error.code}`;
  }
}

function left(sandbox: Sandbox): Any | undefined {
  return sandbox.query(Query.methods.Allowances, { grantee }).allowances[0]?.allowance;
}

t.test("a limit goes down with every fee, and the allowance ends with it", async (t) => {
  const sandbox = start(() => any(BasicAllowance, { spendLimit: coins(100) }));
  t.equal(use(sandbox, 101), "feegrant/2");
  t.equal(use(sandbox, 70), undefined);
  t.same(BasicAllowance.decode(left(sandbox)!.value).spendLimit, coins(30));
  t.equal(use(sandbox, 30), undefined);
  t.equal(left(sandbox), undefined);
  t.equal(use(sandbox, 1), "sdk/38");
  t.same(sandbox.broken(), []);
});

t.test("without a limit any fee is covered, as long as it lasts", async (t) => {
  const sandbox = start((time) => any(BasicAllowance, { expiration: at(time + 2n) }));
  t.equal(use(sandbox, 1_000_000), undefined);
  sandbox.begin();
  sandbox.begin();
  t.equal(use(sandbox, 1), undefined, "its last second counts");
  sandbox.begin();
  t.equal(use(sandbox, 1), "feegrant/3");
  sandbox.end();
  t.equal(left(sandbox), undefined, "what has ended is removed at the block's end");
  t.same(sandbox.broken(), []);
});

t.test("a periodic allowance fills up again, and keeps its rhythm", async (t) => {
  const sandbox = start((time) =>
    any(PeriodicAllowance, {
      basic: { spendLimit: coins(25), expiration: undefined },
      period: { seconds: 3n, nanos: 0 },
      periodSpendLimit: coins(10),
      periodCanSpend: coins(10),
      periodReset: at(time + 3n),
    }),
  );
  const rest = () => PeriodicAllowance.decode(left(sandbox)!.value);
  const begun = now(sandbox);
  t.equal(use(sandbox, 10), undefined);
  t.equal(use(sandbox, 1), "feegrant/2");
  for (let blocks = 0; blocks < 4; blocks++) sandbox.block(() => undefined);
  t.equal(use(sandbox, 8), undefined);
  t.same(rest().periodCanSpend, coins(2));
  t.same(rest().periodReset, at(begun + 6n), "counted from the period's end, not from the use");
  for (let blocks = 0; blocks < 10; blocks++) sandbox.block(() => undefined);
  t.equal(use(sandbox, 8), "feegrant/2", "the whole limit has 7 left");
  t.equal(use(sandbox, 5), undefined);
  t.same(rest().periodReset, at(begun + 14n + 3n), "after a rest of more than a period, from now");
  t.equal(use(sandbox, 2), undefined);
  t.equal(left(sandbox), undefined);
  t.same(sandbox.broken(), []);
});

t.test("an allowance for some messages pays for no others, and is charged by its length", async (t) => {
  const sandbox = start(() =>
    any(AllowedMsgAllowance, {
      allowance: any(BasicAllowance, { spendLimit: coins(10) }),
      allowedMessages: [MsgSend.typeUrl],
    }),
  );
  t.equal(use(sandbox, 1, [MsgSend.typeUrl, "/cosmos.gov.v1.MsgVote"]), "feegrant/7");
  t.equal(use(sandbox, 4, [MsgSend.typeUrl, MsgSend.typeUrl]), undefined);
  const { allowance } = AllowedMsgAllowance.decode(left(sandbox)!.value);
  t.same(BasicAllowance.decode(allowance!.value).spendLimit, coins(6));
});

t.test("a revoked allowance leaves nothing that could end a later one", async (t) => {
  const sandbox = start((time) => any(BasicAllowance, { expiration: at(time + 2n) }));
  t.match(
    sandbox.deliver(methods.GrantAllowance, { granter, grantee, allowance: any(BasicAllowance, {}) }).error,
    { codespace: "sdk", code: 18, message: /already exists/ },
  );
  sandbox.run(methods.RevokeAllowance, { granter, grantee });
  t.match(sandbox.deliver(methods.RevokeAllowance, { granter, grantee }).error, { code: 38 });
  sandbox.run(methods.GrantAllowance, { granter, grantee, allowance: any(BasicAllowance, {}) });
  for (let blocks = 0; blocks < 5; blocks++) sandbox.block(() => undefined);
  t.equal(use(sandbox, 1), undefined);
  t.same(sandbox.broken(), []);
});

t.test("what has ended is removed in bounded steps, or by whoever asks for it", async (t) => {
  const sandbox = start();
  const expiration = at(now(sandbox) + 2n);
  for (let index = 0; index < 500; index++) {
    sandbox.run(methods.GrantAllowance, {
      granter,
      grantee: account(`grantee-${index}`),
      allowance: any(BasicAllowance, { expiration }),
    });
  }
  const count = () =>
    sandbox.query(Query.methods.AllowancesByGranter, {
      granter,
      pagination: { limit: 1000n, offset: 0n, key: new Uint8Array(0), countTotal: false, reverse: false },
    }).allowances.length;
  sandbox.block(() => undefined);
  t.equal(count(), 500);
  sandbox.block(() => sandbox.run(methods.PruneAllowances, { pruner: grantee }));
  t.equal(count(), 500 - 75 - 200);
  sandbox.block(() => undefined);
  sandbox.block(() => undefined);
  t.equal(count(), 0);
  t.same(sandbox.broken(), []);
});

t.test("what cannot be granted is refused by code", async (t) => {
  const sandbox = start();
  const grant = (allowance: Any | undefined, to = grantee) =>
    sandbox.deliver(methods.GrantAllowance, { granter, grantee: to, allowance }).error;
  const period = (change: Partial<PeriodicAllowance>): Any =>
    any(PeriodicAllowance, {
      basic: { spendLimit: coins(25), expiration: undefined },
      period: { seconds: 3n, nanos: 0 },
      periodSpendLimit: coins(10),
      periodReset: at(0n),
      ...change,
    });
  let nested = any(BasicAllowance, {});
  for (let depth = 0; depth < 11; depth++)
    nested = any(AllowedMsgAllowance, { allowance: nested, allowedMessages: ["/x"] });
  const cases: readonly (readonly [string, unknown, string, number])[] = [
    ["oneself", grant(any(BasicAllowance, {}), granter), "sdk", 7],
    ["nothing", grant(undefined), "feegrant", 5],
    ["what is no allowance", grant(any(MsgSend, {})), "feegrant", 5],
    ["a limit of zero", grant(any(BasicAllowance, { spendLimit: coins(0) })), "sdk", 10],
    ["an end before 1970", grant(any(BasicAllowance, { expiration: at(-1n) })), "feegrant", 4],
    ["an end before now", grant(any(BasicAllowance, { expiration: at(1n) })), "sdk", 18],
    ["an end past time", grant(any(BasicAllowance, { expiration: at(1n << 60n) })), "sdk", 18],
    ["a period of less than nothing", grant(period({ period: { seconds: -1n, nanos: 0 } })), "feegrant", 4],
    [
      "a period of 300 years",
      grant(period({ period: { seconds: 9_500_000_000n, nanos: 0 } })),
      "feegrant",
      4,
    ],
    ["a period without a limit", grant(period({ periodSpendLimit: [] })), "sdk", 10],
    [
      "a period in other coins",
      grant(period({ periodSpendLimit: [{ denom: "other", amount: "1" }] })),
      "sdk",
      10,
    ],
    [
      "no messages",
      grant(any(AllowedMsgAllowance, { allowance: any(BasicAllowance, {}), allowedMessages: [] })),
      "feegrant",
      6,
    ],
    ["allowances too deep", grant(nested), "sdk", 18],
  ];
  for (const [name, error, codespace, code] of cases) t.match(error, { codespace, code }, name);
});

t.test("export and import give the same allowances", async (t) => {
  const sandbox = start((time) =>
    any(PeriodicAllowance, {
      basic: { spendLimit: coins(25), expiration: at(time + 100n) },
      period: { seconds: 3n, nanos: 0 },
      periodSpendLimit: coins(10),
      periodReset: at(time),
    }),
  );
  t.equal(use(sandbox, 10), undefined);
  const genesis = sandbox.exported();
  const second = new Sandbox({ genesis });
  t.same(second.exported(), genesis);
  t.same(second.broken(), []);
});
