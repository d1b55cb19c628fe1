/** The query language of searches and subscriptions, held to CometBFT v0.40's own (libs/pubsub/query). */
import t from "tap";
import { heightRange, matches, parseQuery } from "../../../node/solo/query.ts";

const attributes = new Map([
  ["tm.event", ["Tx"]],
  ["transfer.amount", ["8uopg", "150uopg"]],
  ["transfer.rate", ["6.5"]],
  ["message.action", ["/cosmos.bank.v1beta1.MsgSend"]],
  ["block.time", ["2026-11-24T12:30:00Z"]],
  ["block.day", ["2026-11-24"]],
  ["empty.value", [""]],
]);

const cases: readonly (readonly [query: string, matches: boolean])[] = [
  ["tm.event='Tx'", true],
  ["tm.event = 'NewBlock'", false],
  ["tm.event='Tx' AND transfer.amount=150", true],
  ["transfer.amount = 8 AND transfer.amount = 150", true],
  ["transfer.amount > 150", false],
  ["transfer.amount >= 150", true],
  ["transfer.amount < 8", false],
  ["transfer.amount <= 8", true],
  ["transfer.amount > 149.9", true],
  ["transfer.rate = 6.50", true],
  ["transfer.rate < 6.51 AND transfer.rate > 6.49", true],
  ["transfer.amount='150uopg'", true],
  ["transfer.amount='150'", false],
  ["message.action CONTAINS 'bank'", true],
  ["message.action CONTAINS 'staking'", false],
  ["message.action EXISTS", true],
  ["message.module EXISTS", false],
  ["empty.value EXISTS", true],
  ["empty.value = 0", false],
  ["block.time >= TIME 2026-11-24T12:30:00Z", true],
  ["block.time > TIME 2026-11-24T13:30:00+01:00", false],
  ["block.day = DATE 2026-11-24", true],
  ["block.day < DATE 2026-11-24", false],
  ["message.action > 1", false],
  ["transfer.amount > 99999999999999999999999999", false],
];

t.test("each condition holds for the values that CometBFT says", async (t) => {
  for (const [query, wanted] of cases) t.equal(matches(parseQuery(query), attributes), wanted, query);
});

t.test("what is no query is refused with its place", async (t) => {
  for (const [text, message] of [
    ["", "offset 0: EOF"],
    ["tm.event=", "offset 9: EOF"],
    ["tm.event", "offset 8: EOF"],
    ["tx.height>", "offset 10: EOF"],
    ["a='b' AND", "offset 9: EOF"],
    ["a='b' OR c='d'", /offset 6: got OR, wanted AND/],
    ["a='b", /offset 2: EOF/],
    ["a > 'b'", /> takes a number, time or date/],
    ["a CONTAINS 5", /CONTAINS takes text/],
    ["a = TIME yesterday", /offset 4/],
    ["a = DATE 2026-13-45", /invalid DATE value/],
    ["a & b", /invalid input &/],
    ["= 5", /got =, wanted tag/],
  ] as const)
    t.throws(() => parseQuery(text), { code: "query", message }, JSON.stringify(text));
});

t.test("heights that a query allows are those to be looked through", async (t) => {
  for (const [query, range] of [
    ["a='b'", [1n, 9n]],
    ["tx.height=5", [5n, 5n]],
    ["tx.height>5", [6n, 9n]],
    ["tx.height>=5 AND tx.height<7", [5n, 6n]],
    ["tx.height<=7.5", [1n, 7n]],
    ["tx.height>2.5", [3n, 9n]],
    ["tx.height<2.5", [1n, 2n]],
    ["tx.height=20", [20n, 9n]],
  ] as const)
    t.same(heightRange(parseQuery(query), "tx.height", 1n, 9n), range, query);
});
