/** Every page. A new one is a folder here and a line in this list. */

import type { Route } from "../app/route.js";
import { route as account } from "./account/index.js";
import { routes as admin } from "./admin/index.js";
import { route as login } from "./login/index.js";
import { route as register } from "./register/index.js";
import { route as users } from "./users/index.js";

export const routes: Route[] = [users, account, ...admin, login, register];
