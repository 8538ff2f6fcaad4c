import type { Route } from "../../app/route.js";
import { VerifyPage } from "./VerifyPage.js";

export const route: Route = { path: "/verify", title: "Confirm your address", access: "anyone", page: VerifyPage, inMenu: false };
