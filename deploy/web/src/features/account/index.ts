import type { Route } from "../../app/route.js";
import { AccountPage } from "./AccountPage.js";

export const route: Route = { path: "/account", title: "My account", access: "member", page: AccountPage, inMenu: true };
