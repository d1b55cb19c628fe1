/** Lists that come in pages. */
import { PageRequest, type PageResponse } from "../../proto/gen/cosmos.base.query.v1beta1.ts";

export interface Paged {
  readonly pagination: PageResponse | undefined;
}

/**
 * Every page of a query, one after the other, as long as the caller wants more.
 * @example for await (const page of pages((pagination) => query.bank.denomsMetadata({ pagination }))) …
 */
export async function* pages<Response extends Paged>(
  ask: (pagination: PageRequest) => Promise<Response>,
  limit = 100n,
): AsyncGenerator<Response, void, undefined> {
  let key = new Uint8Array(0);
  do {
    const response = await ask(PageRequest.create({ key, limit }));
    yield response;
    key = new Uint8Array(response.pagination?.nextKey ?? []);
  } while (key.length > 0);
}
