/** URLs to messages: names lead to fields, dots into messages, and faults name the parameter. */
import t from "tap";
import { GatewayError } from "../../../node/gateway/errors.ts";
import { routeOf } from "../../../node/gateway/rest.ts";
import { readRequest } from "../../../node/gateway/rest-params.ts";
import { QueryBalanceRequest, QuerySendEnabledRequest } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { GetTxsEventRequest, SimulateRequest } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { TypeRegistry } from "../../../proto/registry.ts";

const types = new TypeRegistry();

t.test("parameters become fields of their types", async (t) => {
  t.same(
    readRequest(
      QuerySendEnabledRequest,
      [
        ["denoms", ["uopg", "other"]],
        ["pagination.limit", ["5"]],
        ["pagination.count_total", ["true"]],
        ["pagination.key", ["AQ=="]],
      ],
      undefined,
      types,
    ),
    {
      denoms: ["uopg", "other"],
      pagination: { key: Uint8Array.of(1), offset: 0n, limit: 5n, countTotal: true, reverse: false },
    },
  );
  t.match(readRequest(GetTxsEventRequest, [["order_by", ["ORDER_BY_DESC"]]], undefined, types), {
    orderBy: 2,
  });
  t.match(readRequest(GetTxsEventRequest, [["orderBy", ["2"]]], undefined, types), { orderBy: 2 });
  t.match(readRequest(SimulateRequest, [], { tx_bytes: "AQI=" }, types), { txBytes: Uint8Array.of(1, 2) });
});

t.test("faults name the parameter", async (t) => {
  const read = (name: string, ...values: readonly string[]) =>
    readRequest(QuerySendEnabledRequest, [[name, values]], undefined, types);
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => read("colour", "red"), /colour: .* has no field of this name; it has denoms, pagination/],
    [() => read("pagination.limit", "x"), /pagination\.limit/],
    [() => read("pagination.limit", "1", "2"), /pagination\.limit: is given 2 times/],
    [() => read("denoms.x", "1"), /denoms\.x: denoms has no fields/],
    [() => read("pagination.count_total", "maybe"), /pagination\.count_total: must be true or false/],
    [() => readRequest(QueryBalanceRequest, [], [] as never, types), /body: must be a JSON object/],
  ];
  for (const [call, message] of cases) {
    t.throws(call, message);
    t.throws(call, GatewayError);
  }
});

t.test("templates of paths become routes", async (t) => {
  t.same(routeOf("/cosmos/bank/v1beta1/balances/{address}/by_denom"), {
    url: "/cosmos/bank/v1beta1/balances/:p0/by_denom",
    names: ["address"],
  });
  t.same(routeOf("/x/{a.b}/y/{denom=**}"), { url: "/x/:p0/y/*", names: ["a.b", "denom"] });
});
