import type { Route } from "../../app/route.js";
import { ForgotPage } from "./ForgotPage.js";

export const route: Route = { path: "/forgot", title: "Forgotten password", access: "anyone", page: ForgotPage, inMenu: false };
