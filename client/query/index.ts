export { QueryError } from "./errors.ts";
export { type Paged, pages } from "./pages.ts";
export { type Queries, queriesOf } from "./queries.ts";
export { type QueryClient, type QueryOptions, queryMethod, queryService } from "./service.ts";
