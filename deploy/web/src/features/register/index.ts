import type { Route } from "../../app/route.js";
import { RegisterPage } from "./RegisterPage.js";

export const route: Route = {
  path: "/register", title: "Create account", access: "guest", page: RegisterPage, inMenu: true,
};
