/** Every operation, in one table. */
import type { Operation } from "../operation.ts";
import { bankOperations } from "./bank.ts";
import { govOperations } from "./gov.ts";
import { grantOperations } from "./grants.ts";
import { marketOperations } from "./market.ts";
import { modelsOperations } from "./models.ts";
import { stakingOperations } from "./staking.ts";

const plain: readonly Operation[] = [
  ...bankOperations,
  ...stakingOperations,
  ...govOperations,
  ...modelsOperations,
  ...marketOperations,
];

export const OPERATIONS: readonly Operation[] = [...plain, ...grantOperations(plain)];
