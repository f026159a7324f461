// Keeps the page in the browser. Only pages that came over TLS, or from this computer, may.

navigator.serviceWorker?.register("sw.js");
