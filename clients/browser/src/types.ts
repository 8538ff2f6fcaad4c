/** The bodies of both APIs, as their OpenAPI documents have them. */

import type { components as Auth } from "./generated/auth-service.js";
import type { components as Users } from "./generated/users-api.js";

export type Schemas = Auth["schemas"] & Omit<Users["schemas"], keyof Auth["schemas"]>;
