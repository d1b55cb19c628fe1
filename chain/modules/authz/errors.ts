import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/authz/errors.go of the Cosmos SDK v0.53. */
export const AuthzError = defineErrors("authz", {
  noAuthorizationFound: 2,
  invalidExpirationTime: 3,
  unknownAuthorizationType: 4,
  noGrantKeyFound: 5,
  authorizationExpired: 6,
  granteeIsGranter: 7,
  authorizationNumOfSigners: 9,
  negativeMaxTokens: 12,
});
