/** Every page. A new one is a folder here and a line in this list. */

import type { Route } from "../app/route.js";
import { route as account } from "./account/index.js";
import { routes as admin } from "./admin/index.js";
import { route as forgot } from "./forgot/index.js";
import { route as invite } from "./invite/index.js";
import { route as login } from "./login/index.js";
import { route as register } from "./register/index.js";
import { route as reset } from "./reset/index.js";
import { route as revert } from "./revert/index.js";
import { route as users } from "./users/index.js";
import { route as verify } from "./verify/index.js";

export const routes: Route[] = [users, account, ...admin, login, register, forgot, reset, verify, revert, invite];
