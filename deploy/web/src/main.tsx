import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App.js";
import { connect } from "./app/client.js";
import { loadConfig } from "./app/config.js";
import { takeLinkToken } from "./app/link-token.js";
import "./styles.css";

takeLinkToken();
connect(await loadConfig());
createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);
