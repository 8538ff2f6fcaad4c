import type { Route } from "../../app/route.js";
import { UsersPage } from "./UsersPage.js";

export const route: Route = { path: "/users", title: "Users", access: "member", page: UsersPage, inMenu: true };
