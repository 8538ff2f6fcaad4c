import type { Route } from "../../app/route.js";
import { LoginPage } from "./LoginPage.js";

export const route: Route = { path: "/login", title: "Sign in", access: "guest", page: LoginPage, inMenu: true };
